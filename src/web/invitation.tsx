// How somebody else finds this user: the name, a link that opens a conversation with them, and the link as a QR code.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { addressOf } from "./address.ts";
import { useApp } from "./app-state.ts";
import { Icon } from "./icons.tsx";
import { QrPicture } from "./qr-picture.tsx";

export function Invitation(): JSX.Element {
  const { me, words } = useApp();
  const [copied, setCopied] = useState<boolean | null>(null);
  const [isCodeShown, setIsCodeShown] = useState(false);
  const link = `${location.origin}/${addressOf(me.user)}`;
  const copy = () => {
    // Without https there is no clipboard.
    if (navigator.clipboard === undefined) return setCopied(false);
    navigator.clipboard.writeText(link).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <div class="invitation">
      <p class="soft">
        {words.yourName} <bdi class="own-name">{me.user}</bdi>
      </p>
      <div class="row">
        <button type="button" class="quiet" onClick={copy}>
          <Icon name="link" /> {words.copyInvitation}
        </button>
        <button
          type="button"
          class="quiet"
          aria-expanded={isCodeShown}
          onClick={() => setIsCodeShown((isShown) => !isShown)}
        >
          <Icon name="code" /> {words.qrCode}
        </button>
      </div>
      <p class="soft" role="status">
        {copied === true && words.invitationCopied}
        {copied === false && link}
      </p>
      {isCodeShown && <QrPicture text={link} label={words.qrCodeOf(link)} />}
    </div>
  );
}
