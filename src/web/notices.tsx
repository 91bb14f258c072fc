// What the server tells the user of their account: kept in this browser until it was seen, and shown as a quiet line that leads to the
// devices.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Notice, Restante } from "../client/connect.ts";
import { clock, dayAndTime, dayOf } from "./dates.ts";
import { useApp } from "./app-state.ts";
import type { Language, Translations } from "./translations.ts";

/** Notices that are kept. */
const MOST = 5;

/** `seen`: the seq up to which the user has seen them. */
interface Kept {
  readonly seen: number;
  readonly latest: readonly Notice[];
}

const keyOf = (user: string) => `restante notices ${user}`;

function read(user: string): Kept {
  try {
    return (JSON.parse(localStorage.getItem(keyOf(user)) ?? "null") as Kept | null) ?? { seen: 0, latest: [] };
  } catch {
    return { seen: 0, latest: [] };
  }
}

/** The user leaves this browser, and with them what was kept of them. */
export function forgetNotices(user: string): void {
  localStorage.removeItem(keyOf(user));
}

/** The latest notices, how many of them were not seen yet, and what says that they all are now. */
export function useNotices(me: Restante): { readonly latest: readonly Notice[]; readonly fresh: number; see(): void } {
  const [kept, set] = useState(() => read(me.user));
  useEffect(() => {
    set(read(me.user));
    const elsewhere = ({ key }: StorageEvent) => key === keyOf(me.user) && set(read(me.user));
    addEventListener("storage", elsewhere);
    const stop = me.notices.subscribe((heard) => {
      const before = read(me.user);
      const last = before.latest.at(-1)?.seq ?? 0;
      const news = heard.filter(({ seq }) => seq > Math.max(last, before.seen));
      if (news.length > 0) keep({ ...before, latest: [...before.latest, ...news].slice(-MOST) });
    });
    return () => {
      stop();
      removeEventListener("storage", elsewhere);
    };
  }, [me]);
  const keep = (now: Kept) => {
    localStorage.setItem(keyOf(me.user), JSON.stringify(now));
    set(now);
  };
  const { latest, seen } = kept;
  return {
    latest,
    fresh: latest.filter(({ seq }) => seq > seen).length,
    see: () => {
      const now = read(me.user);
      if (now.latest.length > 0) keep({ ...now, seen: now.latest.at(-1)?.seq ?? now.seen });
    },
  };
}

/** The newest one that was not seen, and the way to what can be done about it. */
export function NoticeLine(props: { readonly notice: Notice; look(): void; dismiss(): void }): JSX.Element {
  const { words, language } = useApp();
  const { notice, look, dismiss } = props;
  return (
    <div class="account-notice" role="status">
      <p>
        <Sentence notice={notice} words={words} language={language} />
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

/** The latest ones, the newest first. */
export function NoticeList({ notices }: { readonly notices: readonly Notice[] }): JSX.Element {
  const { words, language } = useApp();
  return (
    <ul>
      {notices.toReversed().map((notice) => (
        <li key={notice.seq}>
          <span>
            <Sentence notice={notice} words={words} language={language} />
          </span>
        </li>
      ))}
    </ul>
  );
}

interface SentenceProps {
  readonly notice: Notice;
  readonly words: Translations;
  readonly language: Language;
}

function Sentence({ notice: { code, message, about, at }, words, language }: SentenceProps): JSX.Element {
  const name = `notice_${code}`;
  const known = Object.hasOwn(words, name) ? (words[name as keyof Translations] as string) : message;
  const when = at === undefined ? "" : dayOf(at) === dayOf(Date.now()) ? clock(at, language) : dayAndTime(at, language);
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
