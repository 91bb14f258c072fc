// Checks a run, from what the devices showed and which marks they received. It knows nothing of how the mailboxes work.
// Times are places in the order of all events of a run.

/** A message as its sender knows it. `word` is its body, and unique to it. */
export interface Accepted {
  readonly from: string;
  readonly to: string;
  readonly word: string;
  /** Its seq in the sender's log. */
  readonly entry: number;
}

/** A message as a device showed it. */
export interface Shown {
  readonly seq: number;
  readonly from: string;
  readonly to: string;
  readonly word: string;
  /** What it has to do with the message at the seq `to`; absent for most. */
  readonly re?: { readonly to?: number; readonly is: string } | undefined;
}

/** A message that was sent, accepted or not. `re`: the relation, with the word of the other message. */
export interface Sent extends Omit<Accepted, "entry"> {
  readonly re?: { readonly word: string; readonly is: string } | undefined;
}

/** Whether a message is shown as one of its own. */
export function isShown({ re }: Shown): boolean {
  return re === undefined || re.is === "reply";
}

/** The marks of a conversation: those of the peer, and `mine`, in seqs of the user's log. */
export interface Marks {
  readonly stored: number;
  readonly delivered: number;
  readonly read: number;
  readonly mine: number;
}

/** The fields of marks. */
export const MARKS = ["stored", "delivered", "read", "mine"] as const satisfies readonly (keyof Marks)[];

/** A frame `mark` as a device received it. */
export interface ReceivedMark extends Marks {
  readonly peer: string;
  /** Null for an early mark. */
  readonly seq: number | null;
  readonly at: number;
}

export interface DeviceHistory {
  readonly user: string;
  readonly device: string;
  readonly shown: readonly Shown[];
  readonly marks: readonly ReceivedMark[];
  /** What the device acknowledged, by an ack or by its cursor. */
  readonly acks: readonly { readonly seq: number; readonly at: number }[];
  /** The highest number of unacknowledged log frames on one socket, and the limit. */
  readonly unacknowledged: number;
  readonly window: number;
}

/** The user has read the conversation up to `seq` of the user's log. */
export interface Read {
  readonly user: string;
  readonly peer: string;
  readonly seq: number;
  readonly at: number;
}

export interface History {
  readonly accepted: readonly Accepted[];
  /** All messages that were sent, accepted or not. */
  readonly sent: readonly Sent[];
  readonly devices: readonly DeviceHistory[];
  readonly reads: readonly Read[];
  /** When each message was in the log of its receiver, by word. */
  readonly stored: ReadonlyMap<string, number>;
}

/** Every broken promise of a history, in sentences; empty if there is none. */
export function check(history: History): string[] {
  const truth = truthOf(history);
  return [
    ...history.devices.flatMap((device) => [
      ...duplicated(device),
      ...forged(history, device),
      ...disordered(history, device),
      ...lost(history, device),
      ...misrelated(history, device),
      ...falseMarks(history, truth, device),
      ...(device.unacknowledged > device.window
        ? [`${name(device)} had ${device.unacknowledged} frames unacknowledged`]
        : []),
    ]),
    ...diverged(history),
    ...reusedSeqs(history),
    ...decreasedMarks(history),
  ];
}

const name = ({ user, device }: Pick<DeviceHistory, "user" | "device">) => `${user}/${device}`;

function duplicated(device: DeviceHistory): string[] {
  const seen = new Set<string>();
  return device.shown.flatMap(({ word }) => {
    if (seen.has(word)) return [`${name(device)} was shown ${word} twice`];
    seen.add(word);
    return [];
  });
}

function forged({ sent }: History, device: DeviceHistory): string[] {
  const known = new Set(sent.map(({ from, to, word }) => `${from} ${to} ${word}`));
  return device.shown
    .filter(({ from, to, word }) => !known.has(`${from} ${to} ${word}`))
    .map(({ from, word }) => `${name(device)} was shown ${word} from ${from}, who did not send it`);
}

/** The messages of each sender to each receiver are shown in the order in which the sender's mailbox accepted them. */
function disordered({ accepted }: History, device: DeviceHistory): string[] {
  const place = new Map(accepted.map(({ word, entry }) => [word, entry]));
  const last = new Map<string, number>();
  return device.shown.flatMap(({ from, to, word }) => {
    const entry = place.get(word);
    if (entry === undefined) return [];
    const before = last.get(`${from} ${to}`) ?? 0;
    last.set(`${from} ${to}`, entry);
    return entry < before ? [`${name(device)} was shown ${word} of ${from} too late`] : [];
  });
}

/** A relation refers to the same message on each device, by the number that this has in the log of the user. */
function misrelated({ sent }: History, device: DeviceHistory): string[] {
  const relations = new Map(sent.map(({ word, re }) => [word, re]));
  const words = new Map(device.shown.map(({ seq, word }) => [seq, word]));
  return device.shown.flatMap(({ word, re }) => {
    const expected = relations.get(word);
    const found = re === undefined ? undefined : { word: words.get(re.to ?? 0), is: re.is };
    if (expected?.word === found?.word && expected?.is === found?.is) return [];
    return [
      `${name(device)} has ${word} as ${found?.is} of ${found?.word}; it is ${expected?.is} of ${expected?.word}`,
    ];
  });
}

function lost({ accepted }: History, device: DeviceHistory): string[] {
  const shown = new Set(device.shown.map(({ word }) => word));
  return accepted
    .filter(({ from, to, word }) => [from, to].includes(device.user) && !shown.has(word))
    .map(({ word }) => `${word} was accepted, and ${name(device)} was never shown it`);
}

/** When each message was stored, delivered to a device of its receiver, and read by its receiver, by word. */
type Truth = Record<"stored" | "delivered" | "read", ReadonlyMap<string, number>>;

function truthOf({ devices, reads, stored }: History): Truth {
  const delivered = new Map<string, number>();
  const read = new Map<string, number>();
  const note = (times: Map<string, number>, word: string, at: number | undefined) => {
    if (at !== undefined && at < (times.get(word) ?? Infinity)) times.set(word, at);
  };
  for (const { user, shown, acks } of devices) {
    for (const { seq, from, word } of shown) {
      if (from === user) continue;
      note(delivered, word, acks.find((ack) => ack.seq >= seq)?.at);
      const readAt = reads.find((each) => each.user === user && each.peer === from && each.seq >= seq)?.at;
      note(read, word, readAt);
      // What the user has read was delivered.
      note(delivered, word, readAt);
    }
  }
  return { stored, delivered, read };
}

/** A mark, early or not, says what was true when it was received. */
function falseMarks({ accepted, reads }: History, truth: Truth, device: DeviceHistory): string[] {
  const { user } = device;
  return device.marks.flatMap((mark) => {
    const { peer, at } = mark;
    const sent = accepted.filter(({ from, to }) => from === user && to === peer && from !== to);
    const wrong = (["stored", "delivered", "read"] as const).flatMap((field) =>
      sent
        .filter(({ word, entry }) => entry <= mark[field] && (truth[field].get(word) ?? Infinity) > at)
        .map(({ word }) => `${name(device)} received a mark that ${peer} has ${word} ${field}, and it was not`),
    );
    const readSeqs = reads.filter((each) => each.user === user && each.peer === peer && each.at <= at);
    const isReadAhead = mark.mine > Math.max(0, ...readSeqs.map(({ seq }) => seq));
    return isReadAhead ? [...wrong, `${name(device)} received a mark that ${user} read more of ${peer}`] : wrong;
  });
}

function diverged({ devices }: History): string[] {
  const first = new Map<string, DeviceHistory>();
  return devices.flatMap((device) => {
    const other = first.get(device.user);
    if (other === undefined) {
      first.set(device.user, device);
      return [];
    }
    const [a, b] = [other, device].map(({ shown }) => JSON.stringify(shown.map(({ seq, word }) => [seq, word])));
    return a === b ? [] : [`${name(other)} and ${name(device)} were not shown the same`];
  });
}

/** A seq stands for one message, or for the marks of one peer, also after a crash. */
function reusedSeqs({ devices }: History): string[] {
  const items = new Map<string, string>();
  return devices.flatMap(({ user, shown, marks }) => {
    const numbered = marks.flatMap(({ seq, peer }) => (seq === null ? [] : [{ seq, item: `the marks of ${peer}` }]));
    return [...shown.map(({ seq, word }) => ({ seq, item: word })), ...numbered].flatMap(({ seq, item }) => {
      const before = items.get(`${user} ${seq}`) ?? item;
      items.set(`${user} ${seq}`, before);
      return before === item ? [] : [`${seq} of ${user} was ${before}, and then ${item}`];
    });
  });
}

/**
 * The marks of a frame with a seq are durable: a frame with a higher seq has the same ones or higher ones. Not `stored`:
 * it is written 400 ms later, and the delivery that a crash repeats sets it again.
 */
function decreasedMarks({ devices }: History): string[] {
  const highest = new Map<string, { readonly seq: number; readonly marks: Marks }>();
  const all = devices.flatMap(({ user, marks }) => marks.map((mark) => ({ ...mark, user })));
  const numbered = all.flatMap(({ seq, ...mark }) => (seq === null ? [] : [{ ...mark, seq }]));
  return numbered
    .toSorted((a, b) => a.seq - b.seq)
    .flatMap(({ user, peer, seq, ...marks }) => {
      const key = `${user} ${peer}`;
      const before = highest.get(key);
      highest.set(key, { seq, marks: before === undefined ? marks : maximum(before.marks, marks) });
      if (before === undefined || before.seq === seq) return [];
      const decreased = MARKS.filter((field) => field !== "stored" && marks[field] < before.marks[field]);
      return decreased.map((field) => `the mark ${field} of ${user} and ${peer} decreased at ${seq}`);
    });
}

/** The higher one of each mark. */
export function maximum(a: Marks, b: Marks): Marks {
  const [stored = 0, delivered = 0, read = 0, mine = 0] = MARKS.map((field) => Math.max(a[field], b[field]));
  return { stored, delivered, read, mine };
}

export const NO_MARKS: Marks = { stored: 0, delivered: 0, read: 0, mine: 0 };
