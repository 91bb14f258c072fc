// The conversations, the latest first: those with contacts, and apart from them the requests of strangers. The field above finds one, or
// begins a new one.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type Conversation, problemOfName } from "../client/connect.ts";
import { useLookAlikes } from "./lookalikes.ts";
import { number, shortTime } from "./dates.ts";
import { Avatar, State } from "./icons.tsx";
import { addressOf, go, useLive, useApp } from "./app-state.ts";
import { plain } from "./message-text.tsx";

/** Whose presence the list shows: as many as one connection may watch. */
const WATCHED = 64;

export function ConversationList({ open }: { readonly open: string | null }): JSX.Element {
  const { me, words } = useApp();
  const all = useLive(me.conversations);
  const alike = useLookAlikes();
  const [sought, seek] = useState("");
  const wanted = sought.trim().toLowerCase().normalize("NFKC");
  const found = all.filter(({ peer }) => peer.includes(wanted));
  const requests = found.filter(({ standing }) => standing === "request");
  const contacts = found.filter(({ standing }) => standing !== "request");
  const fresh = wanted !== "" && problemOfName(wanted) === null && !all.some(({ peer }) => peer === wanted);
  useWatched(all, open);

  const begin = (event: Event) => {
    event.preventDefault();
    const [first] = found;
    if (fresh) go(wanted);
    else if (first !== undefined) go(first.peer);
    if (fresh || first !== undefined) seek("");
  };

  return (
    <nav class="list" aria-label={words.conversations}>
      <form role="search" onSubmit={begin}>
        <input
          type="search"
          value={sought}
          onInput={({ currentTarget }) => seek(currentTarget.value)}
          placeholder={words.search}
          aria-label={words.search}
          autocapitalize="none"
          autocomplete="off"
          spellcheck={false}
        />
      </form>
      {fresh && (
        <a class="item fresh" href={addressOf(wanted)} onClick={() => seek("")}>
          <Avatar name={wanted} />
          <span>
            {words.startWith(wanted)}
            <Alike name={wanted} other={alike(wanted)} />
          </span>
        </a>
      )}
      {requests.length > 0 && (
        <section aria-labelledby="requests">
          <h2 id="requests">{words.requests}</h2>
          <Items all={requests} open={open} alike={alike} />
        </section>
      )}
      {contacts.length > 0 ? (
        <section aria-label={words.conversations}>
          {requests.length > 0 && <h2>{words.conversations}</h2>}
          <Items all={contacts} open={open} alike={alike} />
        </section>
      ) : (
        requests.length === 0 && !fresh && <p class="soft empty">{words.nobody}</p>
      )}
    </nav>
  );
}

interface ItemsProps {
  readonly all: readonly Conversation[];
  readonly open: string | null;
  alike(name: string): string | null;
}

function Items({ all, open, alike }: ItemsProps): JSX.Element {
  return (
    <ul>
      {all.map((one) => (
        <Item key={one.peer} {...one} isOpen={one.peer === open} other={alike(one.peer)} />
      ))}
    </ul>
  );
}

/** Says that a name is not the one that it looks like; nothing where it looks like none. */
export function Alike({ name, other }: { readonly name: string; readonly other: string | null }): JSX.Element | null {
  const { words } = useApp();
  return other === null ? null : <span class="alike">{words.lookAlike(name, other)}</span>;
}

interface ItemProps extends Conversation {
  readonly isOpen: boolean;
  /** Whom the peer could be taken for, or null. */
  readonly other: string | null;
}

function Item({ peer, last, unread, isOpen, other }: ItemProps): JSX.Element {
  const { me, words, language } = useApp();
  const online = useLive(me.presence).get(peer)?.online === true;
  const types = useLive(me.typists).has(peer);
  const text = plain(last.body);
  return (
    <li>
      <a class="item" href={addressOf(peer)} aria-current={isOpen ? "page" : undefined}>
        <Avatar name={peer} online={online} />
        <span class="name">
          <bdi>{peer}</bdi>
        </span>
        <time dateTime={new Date(last.at).toISOString()}>{shortTime(last.at, language)}</time>
        <span class="last">
          {last.state !== null && <State state={last.state} />}
          <span dir="auto">{types ? words.typing : last.state === null ? text : words.you(text)}</span>
        </span>
        {unread > 0 && (
          <span class="unread">
            <span aria-hidden="true">{unread > 99 ? `${number(99, language)}+` : number(unread, language)}</span>
            <span class="spoken">{words.unread(number(unread, language))}</span>
          </span>
        )}
        <Alike name={peer} other={other} />
      </a>
    </li>
  );
}

/** The open conversation's peer and the latest others. */
function useWatched(all: readonly Conversation[], open: string | null): void {
  const { me } = useApp();
  const names = [...new Set([...(open === null ? [] : [open]), ...all.map(({ peer }) => peer)])].slice(0, WATCHED);
  const key = names.toSorted().join(" ");
  useEffect(() => me.presence.watch(key === "" ? [] : key.split(" ")), [me, key]);
}
