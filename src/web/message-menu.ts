// What can be done with a message. A further item is one more line here.
import type { Message, Restante } from "../client/connect.ts";
import type { MenuItem } from "./menu.tsx";
import { plain } from "./message-text.tsx";
import type { Translations } from "./translations.ts";

export function itemsOfMessage(me: Restante, message: Message, words: Translations, leave: () => void): MenuItem[] {
  const { body, peer, seq, state } = message;
  const question = peer === me.user ? words.deleteOwnNoteAsk : words.deleteMessageAsk;
  const copy = () => navigator.clipboard.writeText(plain(body));
  const items: MenuItem[] = [{ icon: "copy", label: words.copyText, act: copy, failure: words.copyFailed }];
  if (state?.is === "failed") {
    items.push({ icon: "again", label: words.retry, act: () => me.resend(message), after: leave });
    items.push({ icon: "trash", label: words.discard, act: () => me.discard(message), after: leave });
  } else if (seq !== null) {
    items.push({ icon: "trash", label: words.deleteForMe, question, act: () => me.remove(message), after: leave });
  }
  return items;
}
