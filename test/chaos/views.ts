// Checks what everybody knows of the marks once all is quiet: each device, a new device, and the mailbox itself. They
// agree, with what the users have done and with each other.
import { get } from "../support/devices.ts";
import { type DeviceHistory, type History, isShown, type Marks, MARKS, maximum, NO_MARKS } from "./checker.ts";

/** What one of them knows of a conversation. */
export interface Conversation extends Marks {
  readonly unread: number;
}

/** What `who` knows of the conversations of `user`, by peer. */
export interface View {
  readonly user: string;
  readonly who: string;
  readonly conversations: ReadonlyMap<string, Conversation>;
}

const NOTHING: Conversation = { ...NO_MARKS, unread: 0 };

/** Where the views differ from the history, in sentences. All devices are connected, and have acknowledged everything. */
export function checkViews(history: History, views: readonly View[]): string[] {
  const users = [...new Set(history.devices.map(({ user }) => user))];
  return views.flatMap(({ user, who, conversations }) =>
    users
      .filter((peer) => peer !== user)
      .flatMap((peer) => {
        const expected = expectedOf(history, user, peer);
        const known = conversations.get(peer) ?? NOTHING;
        return ([...MARKS, "unread"] as const)
          .filter((field) => known[field] !== expected[field])
          .map((field) => `${who} of ${user} knows ${field} ${known[field]} of ${peer}; it is ${expected[field]}`);
      }),
  );
}

/** The conversations of a device, from the messages and marks that it received. */
export function viewOfDevice({ user, device, shown, marks }: DeviceHistory): View {
  const peers = new Set([...shown.flatMap(({ from, to }) => [from, to]), ...marks.map(({ peer }) => peer)]);
  const of = (peer: string): Conversation => {
    const known = marks.filter((mark) => mark.peer === peer).reduce<Marks>(maximum, NO_MARKS);
    return { ...known, unread: unreadOf(shown, peer, known.mine) };
  };
  return { user, who: device, conversations: new Map([...peers].map((peer) => [peer, of(peer)])) };
}

/** What the mailbox lists. */
export async function viewOfMailbox(user: string): Promise<View> {
  const { conversations } = (await get(`/api/conversations?user=${user}`)) as { conversations: Listed[] };
  const known = conversations.map(({ peer, unread, marks }) => [peer, { ...NO_MARKS, ...marks, unread }] as const);
  return { user, who: "mailbox", conversations: new Map(known) };
}

interface Listed {
  readonly peer: string;
  readonly unread: number;
  readonly marks: Partial<Marks>;
}

function unreadOf(shown: DeviceHistory["shown"], peer: string, mine: number): number {
  return shown.filter((one) => one.from === peer && one.seq > mine && isShown(one)).length;
}

/** Every device has everything, so it was delivered; the author knows what the receiver has read. */
function expectedOf({ accepted, devices, reads }: History, user: string, peer: string): Conversation {
  const readUpTo = (reader: string, author: string) =>
    Math.max(0, ...reads.filter((each) => each.user === reader && each.peer === author).map(({ seq }) => seq));
  const shownTo = (owner: string) => devices.find((device) => device.user === owner)?.shown ?? [];
  const last = (words: (word: string) => boolean) =>
    Math.max(0, ...accepted.filter((m) => m.from === user && m.to === peer && words(m.word)).map((m) => m.entry));
  const all = last(() => true);
  const readByPeer = new Set(
    shownTo(peer)
      .filter(({ from, seq }) => from === user && seq <= readUpTo(peer, user))
      .map(({ word }) => word),
  );
  const mine = readUpTo(user, peer);
  return {
    stored: all,
    delivered: all,
    read: last((word) => readByPeer.has(word)),
    mine,
    unread: unreadOf(shownTo(user), peer, mine),
  };
}
