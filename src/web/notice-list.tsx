// The latest notices of the account, as its dialog shows them.
import type { JSX } from "preact";
import type { Notice } from "../client/connect.ts";
import { NoticeText } from "./notices.tsx";
import { useAccount } from "./use-account.ts";

/** The newest first. */
export function NoticeList({ notices }: { readonly notices: readonly Notice[] }): JSX.Element {
  const { words, language } = useAccount();
  return (
    <ul>
      {notices.toReversed().map((notice) => (
        <li key={notice.seq}>
          <span>
            <NoticeText notice={notice} words={words} language={language} />
          </span>
        </li>
      ))}
    </ul>
  );
}
