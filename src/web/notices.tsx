// The server's notices about the account: stored in this browser until the user has seen them, and shown as a line that
// leads to the devices.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Notice, Restante } from "../client/connect.ts";
import { dayAndTime } from "./dates.ts";
import { useApp } from "./app-state.ts";
import { keyOf, onStoredElsewhere, store, storedJson } from "./browser-storage.ts";
import type { Language, Translations } from "./translations.ts";

/** The latest notices are stored, at most this many. */
const MAX_STORED = 5;

/** `seen`: the seq up to which the user has seen them. */
interface StoredNotices {
  readonly seen: number;
  readonly latest: readonly Notice[];
}

function read(user: string): StoredNotices {
  return (storedJson(keyOf("notices", user)) as StoredNotices | null) ?? { seen: 0, latest: [] };
}

interface Notices {
  readonly latest: readonly Notice[];
  /** The oldest one that the user has not seen. */
  readonly unseen: Notice | undefined;
  /** Marks those up to this seq as seen; without one, all. */
  see(upTo?: number): void;
}

export function useNotices(me: Restante): Notices {
  const [stored, set] = useState(() => read(me.user));
  useEffect(() => {
    set(read(me.user));
    const stopFollowing = onStoredElsewhere(keyOf("notices", me.user), () => set(read(me.user)));
    const stop = me.notices.subscribe((received) => {
      const before = read(me.user);
      const last = before.latest.at(-1)?.seq ?? 0;
      const added = received.filter(({ seq }) => seq > Math.max(last, before.seen));
      if (added.length > 0) keep({ ...before, latest: [...before.latest, ...added].slice(-MAX_STORED) });
    });
    return () => {
      stop();
      stopFollowing();
    };
  }, [me]);
  const keep = (now: StoredNotices) => {
    store(keyOf("notices", me.user), JSON.stringify(now));
    set(now);
  };
  const { latest, seen } = stored;
  return {
    latest,
    unseen: latest.find(({ seq }) => seq > seen),
    see: (upTo) => {
      const now = read(me.user);
      const seq = upTo ?? now.latest.at(-1)?.seq ?? 0;
      if (seq > now.seen) keep({ ...now, seen: seq });
    },
  };
}

/** A notice that was not seen, with a button that opens the account. */
export function NoticeLine(props: { readonly notice: Notice; look(): void; dismiss(): void }): JSX.Element {
  const { words, language } = useApp();
  const { notice, look, dismiss } = props;
  return (
    <div class="account-notice" role="status">
      <p>
        <NoticeText notice={notice} words={words} language={language} />
      </p>
      <div class="row">
        <button type="button" class="quiet" onClick={look}>
          {words.wasItYou}
        </button>
        <button type="button" class="quiet" onClick={dismiss}>
          {words.dismiss}
        </button>
      </div>
    </div>
  );
}

interface TextProps {
  readonly notice: Notice;
  readonly words: Translations;
  readonly language: Language;
}

/** Of a code that this version does not know it says something general: the server's sentence is English. */
export function NoticeText({ notice: { code, about, at }, words, language }: TextProps): JSX.Element {
  const name = `notice_${code}`;
  const known = Object.hasOwn(words, name) ? (words[name as keyof Translations] as string) : words.notice_other;
  const when = at === undefined ? "" : dayAndTime(at, language);
  return (
    <>
      {known}{" "}
      <span class="soft">
        {about !== undefined && <bdi>{about}</bdi>}
        {about !== undefined && when !== "" && ", "}
        {when}
      </span>
    </>
  );
}
