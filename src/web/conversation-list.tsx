// The conversations, the latest first: requests of strangers, then contacts. The search field finds a conversation or
// begins a new one.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type Conversation, problemOfName } from "../client/connect.ts";
import { addressOf, go } from "./address.ts";
import { useApp, useLive } from "./app-state.ts";
import { Avatar } from "./avatar.tsx";
import { ConversationItem } from "./conversation-item.tsx";
import { Invitation } from "./invitation.tsx";
import { moveInList } from "./list-keys.ts";
import { LookAlikeWarning } from "./look-alike-warning.tsx";
import { useLookAlikes } from "./lookalikes.ts";
import { memo } from "./memo.ts";
import { useWatchedUsers } from "./watched-users.ts";

/** Users whose presence the list shows: as many as one connection may watch. */
const MAX_WATCHED = 64;

const Item = memo(ConversationItem);

export function ConversationList({ open }: { readonly open: string | null }): JSX.Element {
  const { me, words } = useApp();
  const all = useLive(me.conversations);
  const lookAlikeOf = useLookAlikes();
  const [query, setQuery] = useState("");
  const name = query.trim().toLowerCase().normalize("NFKC");
  const found = all
    .filter((one) => isFound(one, name, me.user, words.noteToSelf))
    .toSorted((a, b) => rankOf(b, name) - rankOf(a, name));
  const canBegin = name !== "" && problemOfName(name) === null && !all.some(({ peer }) => peer === name);
  useWatched(all);

  const submit = () => {
    const peer = canBegin ? name : found[0]?.peer;
    if (peer === undefined) return;
    go(peer);
    setQuery("");
  };

  return (
    <nav class="list" aria-label={words.conversations} onKeyDown={moveInList}>
      <Search query={query} setQuery={setQuery} submit={submit} />
      {canBegin && <NewConversation name={name} other={lookAlikeOf(name)} opened={() => setQuery("")} />}
      <Sections found={found} open={open} lookAlikeOf={lookAlikeOf} />
      {found.length === 0 && !canBegin && <NothingThere name={name} />}
    </nav>
  );
}

/** The conversation with oneself is found by its title too. A hidden conversation is listed only while a search matches it. */
function isFound({ peer, displayName, hidden }: Conversation, name: string, user: string, noteToSelf: string): boolean {
  if (name === "") return !hidden;
  const title = peer === user ? noteToSelf : (displayName ?? "");
  return peer.includes(name) || title.toLowerCase().normalize("NFKC").includes(name);
}

/** The order of the list, in which Enter opens the first: the exact userName, then requests, then what is pinned. */
function rankOf({ peer, standing, pinned }: Conversation, name: string): number {
  return Number(peer === name) * 4 + Number(standing === "request") * 2 + Number(pinned);
}

interface SearchProps {
  readonly query: string;
  setQuery(query: string): void;
  submit(): void;
}

function Search({ query, setQuery, submit }: SearchProps): JSX.Element {
  const { words } = useApp();
  return (
    <form
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <input
        type="search"
        value={query}
        onInput={({ currentTarget }) => setQuery(currentTarget.value)}
        placeholder={words.search}
        aria-label={words.search}
        autocapitalize="none"
        autocomplete="off"
        spellcheck={false}
      />
    </form>
  );
}

interface NewConversationProps {
  readonly name: string;
  /** The name that it could be taken for, or null. */
  readonly other: string | null;
  opened(): void;
}

function NewConversation({ name, other, opened }: NewConversationProps): JSX.Element {
  const { me, words } = useApp();
  const isSelf = name === me.user;
  return (
    <a class="item new-chat" href={addressOf(name)} onClick={opened}>
      <Avatar name={name} isSelf={isSelf} />
      <span class="name">{isSelf ? words.noteToSelf : words.startWith(name)}</span>
      <LookAlikeWarning name={name} other={other} />
    </a>
  );
}

/** An empty list: it is still loading, nobody is found and why, or there is nobody yet. */
function NothingThere({ name }: { readonly name: string }): JSX.Element {
  const { words } = useApp();
  const known = useIsListKnown();
  if (name !== "") {
    return (
      <div class="empty" role="status">
        <p>{words.notFound(name)}</p>
        <p class="soft">{isReserved(name) ? words.code_reserved_name : words.code_bad_name}</p>
      </div>
    );
  }
  if (known === "not yet") return <LoadingList label={words.loadingChats} />;
  if (known === "offline") return <p class="empty soft">{words.chatsLater}</p>;
  return (
    <div class="empty">
      <p>{words.nobody}</p>
      <p class="soft">{words.nobodyHint}</p>
      <Invitation />
    </div>
  );
}

/**
 * Whether an empty list is all there is. The server sends the log as soon as a connection is open: what it has answered
 * to a question that was asked then is later than the first messages.
 */
function useIsListKnown(): "known" | "not yet" | "offline" {
  const { me } = useApp();
  const { is } = useLive(me.connection);
  const [isKnown, setIsKnown] = useState(false);
  useEffect(() => {
    if (is !== "open") return;
    let isCurrent = true;
    const answered = () => isCurrent && setIsKnown(true);
    me.account.settings().then(answered, answered);
    return () => {
      isCurrent = false;
    };
  }, [me, is]);
  if (isKnown) return "known";
  return is === "connecting" || is === "open" ? "not yet" : "offline";
}

const RESERVED = problemOfName("system");
const isReserved = (name: string) => RESERVED !== null && problemOfName(name) === RESERVED;

/** The shape of the list, until it is there. */
function LoadingList({ label }: { readonly label: string }): JSX.Element {
  return (
    <div class="skeleton" role="status">
      <p class="soft">{label}</p>
      {[1, 2, 3, 4, 5].map((row) => (
        <div key={row} class="item" aria-hidden="true">
          <span class="avatar" />
          <span class="bone" />
          <span class="bone" />
        </div>
      ))}
    </div>
  );
}

interface SectionsProps extends Omit<ItemsProps, "conversations"> {
  readonly found: readonly Conversation[];
}

function Sections({ found, ...more }: SectionsProps): JSX.Element {
  const { words } = useApp();
  const requests = found.filter(({ standing }) => standing === "request");
  const contacts = found.filter(({ standing }) => standing !== "request");
  return (
    <>
      {requests.length > 0 && (
        <section aria-labelledby="requests">
          <h2 id="requests">{words.requests}</h2>
          <Items conversations={requests} {...more} />
        </section>
      )}
      {contacts.length > 0 && (
        <section aria-label={words.conversations}>
          {requests.length > 0 && <h2>{words.conversations}</h2>}
          <Items conversations={contacts} {...more} />
        </section>
      )}
    </>
  );
}

interface ItemsProps {
  readonly conversations: readonly Conversation[];
  readonly open: string | null;
  lookAlikeOf(name: string): string | null;
}

function Items({ conversations, open, lookAlikeOf }: ItemsProps): JSX.Element {
  return (
    <ul>
      {conversations.map((one) => (
        <Item key={one.peer} {...one} isOpen={one.peer === open} other={lookAlikeOf(one.peer)} />
      ))}
    </ul>
  );
}

/** Watches the presence of the latest conversations' peers. */
function useWatched(all: readonly Conversation[]): void {
  useWatchedUsers(all.slice(0, MAX_WATCHED).map(({ peer }) => peer));
}
