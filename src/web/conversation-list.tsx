// The conversations, the latest first: requests of strangers, then contacts. The search field finds a conversation or
// begins a new one.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { type Conversation, problemOfName } from "../client/connect.ts";
import { addressOf, go } from "./address.ts";
import { useApp, useLive } from "./app-state.ts";
import { ConversationItem } from "./conversation-item.tsx";
import { Avatar } from "./icons.tsx";
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
  const found = all.filter(({ peer }) => peer.includes(name));
  const canBegin = name !== "" && problemOfName(name) === null && !all.some(({ peer }) => peer === name);
  useWatched(all);

  const submit = () => {
    const peer = canBegin ? name : found[0]?.peer;
    if (peer === undefined) return;
    go(peer);
    setQuery("");
  };

  return (
    <nav class="list" aria-label={words.conversations}>
      <Search query={query} setQuery={setQuery} submit={submit} />
      {canBegin && <NewConversation name={name} other={lookAlikeOf(name)} opened={() => setQuery("")} />}
      <Sections found={found} open={open} lookAlikeOf={lookAlikeOf} isAlone={!canBegin} />
    </nav>
  );
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
  const { words } = useApp();
  return (
    <a class="item fresh" href={addressOf(name)} onClick={opened}>
      <Avatar name={name} />
      <span>
        {words.startWith(name)}
        <LookAlikeWarning name={name} other={other} />
      </span>
    </a>
  );
}

interface SectionsProps extends Omit<ItemsProps, "conversations"> {
  readonly found: readonly Conversation[];
  /** Whether nothing is shown above them. */
  readonly isAlone: boolean;
}

function Sections({ found, isAlone, ...more }: SectionsProps): JSX.Element {
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
      {contacts.length > 0 ? (
        <section aria-label={words.conversations}>
          {requests.length > 0 && <h2>{words.conversations}</h2>}
          <Items conversations={contacts} {...more} />
        </section>
      ) : (
        requests.length === 0 && isAlone && <p class="soft empty">{words.nobody}</p>
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
