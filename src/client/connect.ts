// The SDK's door: opens a user's mailbox as one device, shows every message once, and sends.
// What it knows it keeps in memory only. It knows no DOM and no framework, so it runs wherever there is a WebSocket.
import type { Down } from "../protocol/down.ts";
import { canonical } from "../protocol/names.ts";
import { type Refusal, refusal } from "../protocol/refusals.ts";
import { keep } from "../protocol/up.ts";
import { Line, type State } from "./line.ts";
import { Outbox, OwnMessage } from "./outbox.ts";

export type { SendState } from "./outbox.ts";
export type { OwnMessage, State };

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [field: string]: Json };

/** A message from somebody else. `at` is ms since 1970; `body` is any JSON value. */
export type Message = Pick<Extract<Down, { type: "message" }>, "seq" | "from" | "to" | "at" | "body">;

export interface Options {
  /** The server: `https://…` or `wss://…`, without a path. */
  readonly url: string;
  readonly userName: string;
  /** One installation, with one connection at a time: 1–64 of `A-Z a-z 0-9 . _ -`. */
  readonly device: string;
  readonly onState: (state: State) => void;
  readonly onMessage: (message: Message) => void;
  /** A message of the user's own that this connection did not send: written on another device, or earlier. */
  readonly onOwn: (message: OwnMessage) => void;
  /** Entries that this device has not seen are gone for good. */
  readonly onGap: () => void;
}

export interface Connection {
  /** The canonical userName. */
  readonly user: string;
  /** Sends when it can, in order. What can't be sent at all has failed when this returns. */
  send(to: string, body: Json): OwnMessage;
  /** Connects now, if it waits or was stopped by the server. */
  retry(): void;
  /** Ends it for good: what has no answer yet fails. */
  close(): void;
}

const CLOSED = { code: "closed", message: "The mailbox was closed before it answered." };

/** A fresh name for a device. */
export function newDevice(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What is wrong with a userName, in a sentence, or null. */
export function problemOfName(raw: string): string | null {
  const name = canonical(raw);
  return "refused" in name ? refusal(name.refused).message : null;
}

/** What is wrong with a body, in a sentence, or null. */
export function problemOfBody(body: Json): string | null {
  const kept = keep(body);
  return typeof kept === "string" ? null : kept.message;
}

/** Opens the mailbox of `userName`, reads its whole history, and stays. Throws if the name can't be one. */
export function connect(options: Options): Connection {
  const name = canonical(options.userName);
  if ("refused" in name) throw new TypeError(refusal(name.refused).message);
  return new Device(name.name, options);
}

class Device implements Connection {
  readonly user: string;
  readonly #options: Options;
  readonly #line: Line;
  readonly #outbox = new Outbox((text) => this.#line.say(text));
  /** Own messages by their seq: those that may still change, and those whose entry is yet to come by. */
  readonly #own = new Map<number, OwnMessage>();
  #epoch: string | null = null;
  #cursor = 0;
  #acked = 0;

  constructor(user: string, options: Options) {
    this.user = user;
    this.#options = options;
    this.#line = new Line(() => this.#address(), {
      state: (state) => this.#moved(state),
      frame: (value, down) => this.#hear(value, down),
      textEnded: () => this.#textEnded(),
    });
    this.#line.start();
  }

  send(to: string, body: Json): OwnMessage {
    const receiver = canonical(to);
    const json = keep(body);
    if ("refused" in receiver) return failed(to, body, refusal(receiver.refused));
    if (typeof json !== "string") return failed(to, body, json);
    if (this.#line.ended) return failed(to, body, CLOSED);
    const message = new OwnMessage(receiver.name, body, Date.now(), { is: "sending" });
    this.#outbox.add(message, json);
    return message;
  }

  retry(): void {
    this.#line.start();
  }

  close(): void {
    this.#line.end("This device closed the mailbox.");
    this.#outbox.abandon(CLOSED);
  }

  #address(): string {
    const url = new URL(`/client/${encodeURIComponent(this.user)}`, this.#options.url.replace(/^http/, "ws"));
    url.searchParams.set("device", this.#options.device);
    url.searchParams.set("cursor", String(this.#cursor));
    if (this.#epoch !== null) url.searchParams.set("epoch", this.#epoch);
    return url.href;
  }

  #moved(state: State): void {
    if (state.is !== "open") this.#outbox.end();
    this.#options.onState(state);
  }

  #hear(value: unknown, down: Down | null): void {
    if (down?.type === "gap") {
      // The one frame that may set the cursor back: in a new epoch, numbers begin anew.
      this.#cursor = down.seq;
      this.#options.onGap();
      return;
    }
    const seq = seqOf(value);
    if (seq !== null && seq <= this.#cursor) return;
    this.#cursor = seq ?? this.#cursor;
    if (down !== null) this.#act(down);
  }

  #act(down: Exclude<Down, { type: "gap" }>): void {
    switch (down.type) {
      case "welcome":
        if (down.epoch !== this.#epoch) this.#own.clear();
        this.#epoch = down.epoch;
        this.#acked = this.#cursor;
        this.#outbox.begin(down);
        break;
      case "message":
        if (down.from === this.user) this.#ownEntry(down);
        else this.#options.onMessage(down);
        break;
      case "accepted":
        this.#expect(down.entry, this.#outbox.accepted(down));
        break;
      case "refused":
        if (!this.#outbox.refused(down)) this.#line.lost();
        break;
      case "mark":
        this.#mark(down.peer, down.stored ?? 0);
        break;
      case "failed":
        this.#own.get(down.of)?.move({ is: "failed", code: down.code, message: down.message });
        this.#own.delete(down.of);
        break;
      case "error":
      case "closing":
      case "typing":
      case "presence":
        // An error answers a frame that this version does not send; the line has dealt with a close.
        break;
      default:
        down satisfies never;
    }
  }

  #ownEntry(down: Extract<Down, { type: "message" }>): void {
    const mine = down.device === this.#options.device ? this.#outbox.taken(down) : null;
    let message = this.#own.get(down.seq) ?? mine;
    if (message === null) {
      message = new OwnMessage(down.to, down.body, down.at, { is: down.to === this.user ? "stored" : "queued" });
      this.#options.onOwn(message);
    }
    message.at = down.at;
    if (message.settled) this.#own.delete(down.seq);
    else this.#own.set(down.seq, message);
  }

  /** An answer may come before the entry itself, which is then not shown a second time. */
  #expect(entry: number | undefined, message: OwnMessage | null): void {
    if (entry === undefined || message === null) return;
    if (message.settled && entry <= this.#cursor) this.#own.delete(entry);
    else this.#own.set(entry, message);
  }

  #mark(peer: string, stored: number): void {
    for (const [seq, message] of this.#own) {
      if (message.to !== peer || seq > stored) continue;
      message.move({ is: "stored" });
      if (seq <= this.#cursor) this.#own.delete(seq);
    }
  }

  #textEnded(): void {
    if (this.#cursor !== this.#acked) this.#line.say(`{"type":"ack","seq":${this.#cursor}}`);
    this.#acked = this.#cursor;
    this.#outbox.flush();
  }
}

/** Only log frames have a field `seq`, and every one of them moves the cursor, known type or not. */
function seqOf(value: unknown): number | null {
  if (typeof value !== "object" || value === null || !("seq" in value)) return null;
  return typeof value.seq === "number" ? value.seq : null;
}

function failed(
  to: string,
  body: Json,
  { code, message }: Pick<Refusal, "message"> & { readonly code: string },
): OwnMessage {
  return new OwnMessage(to, body, Date.now(), { is: "failed", code, message });
}
