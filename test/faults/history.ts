// What happened in a run, as its clients saw it and were told: events in the order in which they happened, and what everybody holds in
// the end. It can be written to a file and read again. It knows no server and no client, and judges nothing.

/** Who: a device, as "user/device". */
export type Who = string;

/** What one device saw or was told; `at` is ms since the run began. A word is the body of a message, and no two messages have the same. */
export type Event = { readonly at: number; readonly by: Who } & (
  | { readonly is: "sent"; readonly word: string; readonly to: string }
  /** Its sender was told how far it has come; `code` where it failed. */
  | { readonly is: "told"; readonly word: string; readonly state: State; readonly code?: string }
  | { readonly is: "shown"; readonly word: string; readonly from: string; readonly seq: number }
  /** The user has read the conversation with `peer` up to this message. */
  | { readonly is: "read"; readonly word: string; readonly peer: string }
  /** It was told that entries are gone for good. */
  | { readonly is: "gap" }
  | { readonly is: "line"; readonly state: string; readonly code?: number; readonly message?: string }
  /** Its network goes, and comes back. */
  | { readonly is: "away" }
  | { readonly is: "back" }
  /** The application was closed, and opened again on the same store. */
  | { readonly is: "restarted" }
);

export type State = "queued" | "stored" | "delivered" | "read" | "failed";

/** A mailbox was set back to a copy that was made when `copied` events had happened; it happened after `after` events. */
export interface SetBack {
  /** Whose; null for everybody's. */
  readonly user: string | null;
  readonly copied: number;
  readonly after: number;
}

/** One message where it lies in the end: in the log of a mailbox, or in what a device holds. */
export interface Held {
  readonly seq: number | null;
  readonly from: string;
  readonly word: string;
  /** Of one's own: it has not left, or it has finally failed. */
  readonly state?: "sending" | "failed";
}

/** One conversation as it is in the end. `device` null: in the server's log. */
export interface Holding {
  readonly user: string;
  readonly device: string | null;
  readonly peer: string;
  readonly messages: readonly Held[];
}

export interface History {
  readonly events: readonly Event[];
  readonly setBack: readonly SetBack[];
  readonly holdings: readonly Holding[];
}

export function userOf(who: Who): string {
  return who.slice(0, who.indexOf("/"));
}

/** A history as text, one event or conversation a line. */
export function write({ events, setBack, holdings }: History): string {
  const lines = [...events, ...setBack, ...holdings].map((one) => JSON.stringify(one));
  return `${lines.join("\n")}\n`;
}

export function read(text: string): History {
  const lines = text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event | SetBack | Holding);
  return {
    events: lines.filter((one): one is Event => "is" in one),
    setBack: lines.filter((one): one is SetBack => "copied" in one),
    holdings: lines.filter((one): one is Holding => "messages" in one),
  };
}

/** What says that something happened: an event without its time and its author. */
type Told = Event extends infer E ? (E extends Event ? Omit<E, "at" | "by"> : never) : never;

/** Notes what happens, when it happens. */
export class Recorder {
  readonly events: Event[] = [];
  readonly setBack: SetBack[] = [];
  readonly #began = performance.now();

  get now(): number {
    return performance.now() - this.#began;
  }

  note(by: Who, told: Told): void {
    this.events.push({ at: Math.round(this.now * 10) / 10, by, ...told } as Event);
  }

  /** A copy of the mailboxes is made now; to be called when it was put back. */
  copied(): (user?: string) => void {
    const copied = this.events.length;
    return (user) => void this.setBack.push({ user: user ?? null, copied, after: this.events.length });
  }
}
