// The history of a run: the events of its clients in order, and what every device and mailbox holds in the end. It can
// be written to a file and read again. It knows no server and no client, and checks nothing.

/** A device of a user, as "user/device". */
export type DeviceId = string;

/** An event of one device; `at` is ms since the run began. A word is the body of a message, and unique to it. */
export type Event = { readonly at: number; readonly by: DeviceId } & (
  | { readonly is: "sent"; readonly word: string; readonly to: string }
  /** The sender was notified of the message's state; `code` where it failed. */
  | { readonly is: "notified"; readonly word: string; readonly state: State; readonly code?: string }
  | { readonly is: "shown"; readonly word: string; readonly from: string; readonly seq: number }
  /** The user has read the conversation with `peer` up to this message. */
  | { readonly is: "read"; readonly word: string; readonly peer: string }
  /** The device received a gap: entries are permanently gone. */
  | { readonly is: "gap" }
  | { readonly is: "connection"; readonly state: string; readonly code?: number; readonly message?: string }
  /** The device's network is gone, or is back. */
  | { readonly is: "offline" }
  | { readonly is: "online" }
  /** The application was closed, and opened again on the same store. */
  | { readonly is: "restarted" }
);

export type State = "queued" | "stored" | "delivered" | "read" | "failed";

/** A mailbox was restored, after `after` events, to a copy that was made after `copied` events. */
export interface Restore {
  /** The owner of the mailbox; null if all mailboxes were restored. */
  readonly user: string | null;
  readonly copied: number;
  readonly after: number;
}

/** One message in the end, in the log of a mailbox or on a device. */
export interface Held {
  readonly seq: number | null;
  readonly from: string;
  readonly word: string;
  /** For an own message: it is unsent, or has finally failed. */
  readonly state?: "sending" | "failed";
}

/** One conversation in the end. `device` is null for the log of the mailbox. */
export interface Holding {
  readonly user: string;
  readonly device: string | null;
  readonly peer: string;
  readonly messages: readonly Held[];
}

export interface History {
  readonly events: readonly Event[];
  readonly restores: readonly Restore[];
  readonly holdings: readonly Holding[];
}

export function userOf(device: DeviceId): string {
  return device.slice(0, device.indexOf("/"));
}

/** A history as text, one event or conversation a line. */
export function serialize({ events, restores, holdings }: History): string {
  const lines = [...events, ...restores, ...holdings].map((one) => JSON.stringify(one));
  return `${lines.join("\n")}\n`;
}

export function parse(text: string): History {
  const lines = text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event | Restore | Holding);
  return {
    events: lines.filter((one): one is Event => "is" in one),
    restores: lines.filter((one): one is Restore => "copied" in one),
    holdings: lines.filter((one): one is Holding => "messages" in one),
  };
}

/** An event without its time and its device. */
type EventBody = Event extends infer E ? (E extends Event ? Omit<E, "at" | "by"> : never) : never;

/** Records events as they happen. */
export class Recorder {
  readonly events: Event[] = [];
  readonly restores: Restore[] = [];
  readonly #began = performance.now();

  get now(): number {
    return performance.now() - this.#began;
  }

  record(by: DeviceId, body: EventBody): void {
    this.events.push({ at: Math.round(this.now * 10) / 10, by, ...body } as Event);
  }

  /** To be called when a copy of the mailboxes is made; the function that it returns, when the copy was restored. */
  recordCopy(): (user?: string) => void {
    const copied = this.events.length;
    return (user) => void this.restores.push({ user: user ?? null, copied, after: this.events.length });
  }
}
