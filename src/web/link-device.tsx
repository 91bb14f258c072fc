// How another device is signed in: a picture to scan, a link to open there, and a code to type. It ends when the device
// has come, or the code has expired.
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { SignedInDevice } from "../client/connect.ts";
import { useApp } from "./app-state.ts";
import { CopyButton } from "./copy-button.tsx";
import { clock } from "./dates.ts";
import { addressOfLink } from "./link-address.ts";
import { useQrCode } from "./lazy.ts";

export interface LinkCode {
  readonly code: string;
  /** Ms since 1970. */
  readonly expires: number;
  /** The devices that were signed in when it was made, by their ids. */
  readonly before: ReadonlySet<string>;
}

interface Props {
  readonly link: LinkCode;
  readonly devices: readonly SignedInDevice[];
  /** The code has expired. */
  ended(): void;
}

export function LinkDevice({ link, devices, ended }: Props): JSX.Element {
  const { me, words, language } = useApp();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.scrollIntoView({ block: "nearest" }), []);
  useEffect(() => {
    const timer = setTimeout(ended, Math.max(0, link.expires - Date.now()));
    return () => clearTimeout(timer);
  }, [link]);
  const come = devices.find(({ id, current }) => !current && !link.before.has(id));
  if (come !== undefined) {
    return (
      <p class="asked" role="status">
        {words.linked(come.label)}
      </p>
    );
  }
  const address = addressOfLink({ userName: me.user, code: link.code });
  return (
    <div ref={box} class="asked link-device">
      <p>{words.linkByPicture}</p>
      <QrPicture text={address} label={words.linkPicture} />
      <div class="row">
        <CopyButton text={address} label={words.copyLink} words={words} />
      </div>
      <p>{words.linkByCode(clock(link.expires, language))}</p>
      <output class="code large" aria-label={words.linkCode}>
        {link.code}
      </output>
      <div class="row">
        <CopyButton text={link.code} label={words.copyCode} words={words} />
      </div>
    </div>
  );
}

/** Nothing until it is drawn, and without a network: the link and the code say the same. */
function QrPicture({ text, label }: { readonly text: string; readonly label: string }): JSX.Element | null {
  const code = useQrCode(text);
  if (code === null) return null;
  return (
    <svg class="qr" viewBox={`0 0 ${code.size} ${code.size}`} role="img" aria-label={label}>
      <path d={code.path} />
    </svg>
  );
}
