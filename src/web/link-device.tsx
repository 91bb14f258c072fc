// How another device is signed in: a picture to scan, a link to open there, and a code to type. It ends when the device
// has come, or the code has expired.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { SignedInDevice } from "../client/connect.ts";
import { CopyButton } from "./copy-button.tsx";
import { clock } from "./dates.ts";
import { addressOfLink } from "./link-address.ts";
import { QrPicture } from "./qr-picture.tsx";
import { useAccount } from "./use-account.ts";

/** How long a code is valid: [A4]. */
const VALID_MS = 600_000;

export interface LinkCode {
  readonly code: string;
  /** When the server has given it, by this device's clock, which may be wrong; ms since 1970. */
  readonly at: number;
  /** The devices that were signed in when it was made, by their ids. */
  readonly before: ReadonlySet<string>;
}

interface Props {
  readonly link: LinkCode;
  readonly devices: readonly SignedInDevice[];
}

export function LinkDevice({ link, devices }: Props): JSX.Element {
  const { me, words, language } = useAccount();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.scrollIntoView({ block: "nearest" }), []);
  const [hasExpired, setHasExpired] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setHasExpired(true), VALID_MS);
    return () => clearTimeout(timer);
  }, []);
  const come = devices.find(({ id, current }) => !current && !link.before.has(id));
  if (come !== undefined || hasExpired) {
    return (
      <p class="asked" role="status">
        {come === undefined ? words.linkExpired : words.linked(come.label)}
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
      <p>{words.linkByCode(clock(link.at + VALID_MS, language))}</p>
      <output class="code large" aria-label={words.linkCode}>
        {link.code}
      </output>
      <div class="row">
        <CopyButton text={link.code} label={words.copyCode} words={words} />
      </div>
    </div>
  );
}
