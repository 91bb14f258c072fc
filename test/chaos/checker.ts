// Checks a run, from what the devices showed and which marks they received. It knows nothing of how the mailboxes work.

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
}

/** The marks of a peer, in seqs of the author's log, that a device of the author received. */
export interface Marks {
  readonly peer: string;
  readonly stored: number;
  readonly delivered: number;
  readonly read: number;
}

export interface DeviceHistory {
  readonly user: string;
  readonly device: string;
  readonly shown: readonly Shown[];
  readonly marks: readonly Marks[];
  /** The highest number of unacknowledged log frames on one socket, and the limit. */
  readonly unacknowledged: number;
  readonly window: number;
}

export interface History {
  readonly accepted: readonly Accepted[];
  /** All messages that were sent, accepted or not. */
  readonly sent: readonly Omit<Accepted, "entry">[];
  readonly devices: readonly DeviceHistory[];
  /** The seq in the author's log up to which the receiver really read, by "author receiver". */
  readonly read: ReadonlyMap<string, number>;
}

/** Every broken promise of a history, in sentences; empty if there is none. */
export function check(history: History): string[] {
  return [
    ...history.devices.flatMap((device) => [
      ...duplicated(device),
      ...forged(history, device),
      ...disordered(history, device),
      ...lost(history, device),
      ...falseMarks(history, device),
      ...(device.unacknowledged > device.window
        ? [`${name(device)} had ${device.unacknowledged} frames unacknowledged`]
        : []),
    ]),
    ...diverged(history),
  ];
}

const name = ({ user, device }: DeviceHistory) => `${user}/${device}`;

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

function lost({ accepted }: History, device: DeviceHistory): string[] {
  const shown = new Set(device.shown.map(({ word }) => word));
  return accepted
    .filter(({ from, to, word }) => [from, to].includes(device.user) && !shown.has(word))
    .map(({ word }) => `${word} was accepted, and ${name(device)} was never shown it`);
}

/** A mark is true: every message up to it was shown to a device of the peer, or read by the peer. */
function falseMarks({ accepted, devices, read }: History, device: DeviceHistory): string[] {
  return device.marks.flatMap(({ peer, stored, delivered, read: reported }) => {
    const has = new Set(
      devices.filter(({ user }) => user === peer).flatMap(({ shown }) => shown.map(({ word }) => word)),
    );
    const wrong = accepted.filter(({ from, to, word, entry }) => {
      return from === device.user && to === peer && entry <= Math.max(stored, delivered) && !has.has(word);
    });
    const truth = read.get(`${device.user} ${peer}`) ?? 0;
    return [
      ...wrong.map(({ word }) => `${name(device)} received a mark that ${peer} has ${word}`),
      ...(reported > truth
        ? [`${name(device)} received a mark that ${peer} read up to ${reported}, but it was ${truth}`]
        : []),
    ];
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
