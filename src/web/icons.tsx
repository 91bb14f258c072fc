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
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  copy: "M5.5 5.5h8v8h-8zM3 10.5h-.5v-8h8V3",
  trash: "M3 4.5h10M6 4.5V3h4v1.5m-5.5 0 .5 9h6l.5-9",
  again: "M13 8a5 5 0 1 1-1.5-3.5L13 6m0-3.5V6H9.5",
  pin: "M6 2.5h4l-.5 4.5 2 2.5h-7l2-2.5zM8 9.5V14",
  mute: "M4.5 11V7a3.5 3.5 0 0 1 7 0v4l1 1h-9zM7 14h2M2.5 2.5l11 11",
  hide: "M2 8c3-5 9-5 12 0-3 5-9 5-12 0m6-1.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3M3 13.5l10-11",
  block: "M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0M4 4l8 8",
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
