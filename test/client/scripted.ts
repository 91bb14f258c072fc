// A mailbox that sends exactly the frames of a test, over a fake WebSocket, on a clock that the test moves.
import { onTestFinished, vi } from "vitest";
import { connect, memoryStore, type Options, type Restante } from "../../src/client/connect.ts";

export type Frame = Record<string, unknown>;

const LIMITS = { window: 4_096, windowBytes: 4_194_304, bodyBytes: 65_536, textBytes: 1_000_000, frames: 4_096 };

/** One connection, from the mailbox's side. */
export class Link extends EventTarget {
  readonly url: URL;
  readonly protocols: readonly string[];
  readyState = 1;
  protocol = "";
  /** Whether the mailbox answers a close at once. */
  answersClose = true;
  /** The texts that the client sent, and how many of them a test has read. */
  readonly texts: string[] = [];
  #read = 0;

  constructor(url: string, protocols: string | readonly string[]) {
    super();
    this.url = new URL(url);
    this.protocols = [protocols].flat();
  }

  /** The query, without the number of the attempt. */
  get query(): Frame {
    const { attempt: _, ...query } = Object.fromEntries(this.url.searchParams);
    return query;
  }

  /** The random name of the client object, and the number of its attempt. */
  get attempt(): readonly [instance: string, number: number] {
    const [instance = "", number] = (this.url.searchParams.get("attempt") ?? "").split(".");
    return [instance, Number(number)];
  }

  send(text: string): void {
    this.texts.push(text);
  }

  close(): void {
    this.readyState = 3;
    if (this.answersClose) this.dispatchEvent(new Event("close"));
  }

  /** The frames that the client sent since the last call. */
  async sent(): Promise<Frame[]> {
    await settle();
    const fresh = this.texts.slice(this.#read).filter((text) => text !== "ping");
    this.#read = this.texts.length;
    return fresh.flatMap((text) => [JSON.parse(text)].flat() as Frame[]);
  }

  /** The upgrade is answered with this subprotocol. */
  async open(protocol: string): Promise<void> {
    this.protocol = protocol;
    this.dispatchEvent(new Event("open"));
    await settle();
  }

  /** Delivers a text to the client. */
  async deliver(...frames: readonly (Frame | "pong")[]): Promise<void> {
    const data = frames[0] === "pong" ? "pong" : JSON.stringify(frames);
    this.dispatchEvent(new MessageEvent("message", { data }));
    await settle();
  }

  async welcome(more: Frame = {}): Promise<void> {
    const about = { version: 1, user: "alice", device: this.query["device"], epoch: "e1", head: 0, lastId: 0 };
    await this.deliver({ type: "welcome", ...about, limits: LIMITS, ...more });
  }

  /** The connection breaks. */
  async cut(code = 1006, reason = ""): Promise<void> {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason }));
    await settle();
  }
}

/** Runs everything that needs no time. */
export async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

/** The first pause between two attempts. */
export const PAUSE = 500;

/** The longest time that an ack waits for a text that takes it along. */
export const ACK_DELAY = 200;

export const advance = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** Every attempt to connect, the latest last. */
export const links: Link[] = [];

/** To be called before each test: stops the clock, and replaces the network. */
export function playNetwork(): void {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  links.length = 0;
  vi.stubGlobal(
    "WebSocket",
    Object.assign(
      function open(url: string, protocols: string[]) {
        const link = new Link(url, protocols);
        links.push(link);
        return link;
      },
      { OPEN: 1 },
    ),
  );
  onTestFinished(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });
}

/** The latest connection. */
export function link(): Link {
  const latest = links.at(-1);
  if (latest === undefined) throw new Error("there was no attempt to connect");
  return latest;
}

/** A client before the welcome of its mailbox. */
export async function newClient(options: Partial<Options> = {}): Promise<Restante> {
  const me = connect({ url: "http://mailbox.test", userName: "alice", store: memoryStore(), ...options });
  onTestFinished(() => me.close());
  await settle();
  return me;
}

/** A client that is connected. */
export async function connectedClient(options: Partial<Options> = {}): Promise<{ me: Restante; mailbox: Link }> {
  const me = await newClient(options);
  await link().welcome();
  await link().sent();
  return { me, mailbox: link() };
}

/** The marks of the conversation with `peer`. */
export function mark(seq: number, marks: Record<string, number>, peer = "bob"): Frame {
  return { type: "mark", seq, peer, ...marks };
}

/** A message of bob, with its body and its origin. */
export function fromBob(seq: number, body: unknown = `message ${seq}`, origin = seq): Frame {
  return { type: "message", seq, from: "bob", to: "alice", at: seq, origin, body };
}

export const send = (id: number, body: unknown, to = "bob"): Frame => ({ type: "send", id, to, body });

export const accepted = (id: number, entry: number, state = "stored"): Frame => ({
  type: "accepted",
  id,
  entry,
  at: 7,
  state,
});

export const refused = (id: number, code: string, more: Frame = {}): Frame => ({
  type: "refused",
  id,
  code,
  message: `${code}.`,
  ...more,
});

/** An own message in the log, of this device. */
export const carbon = (mailbox: Link, id: number, seq: number, more: Frame = {}): Frame => ({
  type: "message",
  seq,
  from: "alice",
  to: "bob",
  at: 7,
  id,
  device: mailbox.query["device"],
  ...more,
});

/** Cuts a connection; returns the next one of the same client, after its welcome. */
export async function reconnect(mailbox: Link, welcome: Frame): Promise<Link> {
  await mailbox.cut();
  await advance(PAUSE);
  await link().welcome(welcome);
  return link();
}
