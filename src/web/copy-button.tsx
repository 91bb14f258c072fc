// A button that copies a text to the clipboard, and says whether it did.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Translations } from "./translations.ts";

interface Props {
  readonly text: string;
  readonly label: string;
  readonly words: Translations;
}

type Outcome = "copied" | "failed" | null;

export function CopyButton({ text, label, words }: Props): JSX.Element {
  const [outcome, set] = useState<Outcome>(null);
  const copy = async () => {
    // Outside of https a browser has no clipboard: that throws, too.
    await navigator.clipboard.writeText(text);
    set("copied");
  };
  return (
    <>
      <button type="button" class="quiet" onClick={() => void copy().catch(() => set("failed"))}>
        {outcome === "copied" ? words.copied : label}
      </button>
      <span class="spoken" role="status">
        {outcome === "copied" && words.copied}
      </span>
      {outcome === "failed" && <span class="soft">{words.copyFailed}</span>}
    </>
  );
}
