// Judges a run by what the devices saw and what they were told. It knows nothing of how the mailboxes work.

/** A message as its sender knows it. `word` is its body, and no two messages have the same. */
export interface Accepted {
  readonly from: string;
  readonly to: string;
  readonly word: string;
  /** Its seq in the sender's log. */
  readonly entry: number;
}

/** A message as a device was shown it. */
export interface Shown {
  readonly seq: number;
  readonly from: string;
  readonly to: string;
  readonly word: string;
}

/** The highest seq of the author's that a device of the author's was told of. */
export interface Told {
  readonly peer: string;
  readonly stored: number;
  readonly delivered: number;
  readonly read: number;
}

export interface DeviceHistory {
  readonly user: string;
  readonly device: string;
  readonly shown: readonly Shown[];
  readonly marks: readonly Told[];
  /** The most log frames that were ever unacknowledged on one socket, and how many may be. */
  readonly unacknowledged: number;
  readonly window: number;
}

export interface History {
  readonly accepted: readonly Accepted[];
  /** What was sent, whether accepted or not. */
  readonly sent: readonly Omit<Accepted, "entry">[];
  readonly devices: readonly DeviceHistory[];
  /** Up to which seq of the author's the receivers really read, as "author receiver". */
  readonly read: ReadonlyMap<string, number>;
}

/** Everything that is wrong with a history, in sentences; empty if it is as promised. */
export function check(history: History): string[] {
  return [
    ...history.devices.flatMap((device) => [
      ...twice(device),
      ...forged(history, device),
      ...disordered(history, device),
      ...lost(history, device),
      ...ahead(history, device),
      ...(device.unacknowledged > device.window
        ? [`${name(device)} had ${device.unacknowledged} frames unacknowledged`]
        : []),
    ]),
    ...different(history),
  ];
}

const name = ({ user, device }: DeviceHistory) => `${user}/${device}`;

function twice(device: DeviceHistory): string[] {
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

/** For each sender and receiver, in the order in which the sender's mailbox accepted them. */
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

/** A mark speaks of what is true: everything up to it was shown to a device of the peer's, or read by the peer. */
function ahead({ accepted, devices, read }: History, device: DeviceHistory): string[] {
  return device.marks.flatMap(({ peer, stored, delivered, read: told }) => {
    const has = new Set(
      devices.filter(({ user }) => user === peer).flatMap(({ shown }) => shown.map(({ word }) => word)),
    );
    const wrong = accepted.filter(({ from, to, word, entry }) => {
      return from === device.user && to === peer && entry <= Math.max(stored, delivered) && !has.has(word);
    });
    const truth = read.get(`${device.user} ${peer}`) ?? 0;
    return [
      ...wrong.map(({ word }) => `${name(device)} was told that ${peer} has ${word}`),
      ...(told > truth ? [`${name(device)} was told that ${peer} read up to ${told}, and it was ${truth}`] : []),
    ];
  });
}

function different({ devices }: History): string[] {
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
