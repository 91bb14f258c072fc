// The recovery code, which is shown once, with buttons to copy and to download it.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Translations } from "./translations.ts";

interface Props {
  readonly userName: string;
  readonly code: string;
  readonly words: Translations;
  kept(): void;
}

export function RecoveryCode({ userName, code, words, kept }: Props): JSX.Element {
  const [copied, setCopied] = useState(false);
  const file = `data:text/plain,${encodeURIComponent(`${location.host}\n${userName}\n${code}\n`)}`;
  return (
    <>
      <p class="soft">{words.recoveryHint}</p>
      <output class="code">{code}</output>
      <div class="row">
        <button
          type="button"
          class="quiet"
          onClick={() => void navigator.clipboard.writeText(code).then(() => setCopied(true))}
        >
          {copied ? words.copied : words.copy}
        </button>
        <a class="button quiet" href={file} download={`restante-${userName}.txt`}>
          {words.download}
        </a>
      </div>
      <button type="button" onClick={kept}>
        {words.kept}
      </button>
    </>
  );
}
