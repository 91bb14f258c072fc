// The icons, drawn here, so that none has to be fetched. Each has a label, or is hidden from screen readers.
import type { JSX } from "preact";
import type { MessageState } from "../client/connect.ts";
import { useApp } from "./app-state.ts";
import { dayAndTime } from "./dates.ts";
import { failureSentence } from "./failure-sentence.ts";
import type { Language, Translations } from "./translations.ts";

const PATHS = {
  sending: "M8 4.5v4l2.5 1.5M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0",
  queued: "M3 8h9m-4-4 4 4-4 4",
  stored: "m3 8.5 3.5 3.5L13 5",
  delivered: "m1 8.5 3.5 3.5L11 5M8 11.5l.5.5L15.5 5",
  read: "m1 8.5 3.5 3.5L11 5M8 11.5l.5.5L15.5 5",
  failed: "M8 4v5m0 2.5v.5M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0",
  back: "M10 3 5 8l5 5",
  down: "m3 6 5 5 5-5",
  send: "M8 13V3M3.5 7.5 8 3l4.5 4.5",
  note: "M4.5 2.5h7v11L8 10.5l-3.5 3z",
  link: "M6.5 9.5l3-3M7 4.5l1.5-1.5a3 3 0 0 1 4.5 4.5L11.5 9M9 11.5l-1.5 1.5A3 3 0 0 1 3 8.5L4.5 7",
  code: "M2.5 2.5h4v4h-4zM9.5 2.5h4v4h-4zM2.5 9.5h4v4h-4zM9.5 9.5h1.5v1.5M13.5 10.5v3h-3",
  person: "M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6m-5.5 6c.5-3 2.5-4.5 5.5-4.5s5 1.5 5.5 4.5",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, label }: { readonly name: IconName; readonly label?: string }): JSX.Element {
  const spoken = label === undefined ? { "aria-hidden": true as const } : { role: "img" as const, "aria-label": label };
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 16 16" {...spoken}>
      {label !== undefined && <title>{label}</title>}
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        stroke-width="1.5"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}

/** The state of an own message. */
export function State({ state, peer }: { readonly state: MessageState; readonly peer: string }): JSX.Element {
  const { words, language } = useApp();
  return <Icon name={state.is} label={labelOf(state, peer, words, language)} />;
}

function labelOf(state: MessageState, peer: string, words: Translations, language: Language): string {
  if (state.is === "failed") return failureSentence(state, peer, words);
  const { until } = state.is === "sending" ? state : {};
  return until === undefined ? words[state.is] : words.held(dayAndTime(until, language));
}
