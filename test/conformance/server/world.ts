// What a case may use: users, devices, plain sockets and HTTP of the deployment under test. Sockets of a case are
// closed when it ends.
import { Device, framesOf } from "./device.ts";
import { EventStream } from "./event-stream.ts";
import { type Connected, type Frame, Socket } from "./socket.ts";
import { type Answer, type HttpCall, randomText, type Target, type User } from "./target.ts";
import { Failure, Skipped } from "../recording.ts";

export interface OpenOptions {
  /** By default a new name. */
  readonly device?: string;
  /** Further fields of the query. */
  readonly query?: Readonly<Record<string, string>>;
}

/** A refused connection. */
export interface Refused {
  readonly closing: Frame;
  readonly socket: Socket;
}

/** A minute and a little more, ms. */
const MINUTE_MS = 61_000;

/** Users that cases share which only need one of their own with a history that is none of their business. */
const SHARED_USERS = 3;

export class World {
  readonly target: Target;
  readonly isLong: boolean;
  readonly #closers: (() => void)[] = [];
  readonly #shared: User[] = [];
  readonly #byKey = new Map<string, User>();
  #turn = 0;
  #hasWaited = false;

  constructor(target: Target, isLong: boolean) {
    this.target = target;
    this.isLong = isLong;
  }

  /** A user whose mailbox is empty. */
  fresh(label = "user"): Promise<User> {
    return this.target.makeUser(label);
  }

  /** A user that the cases with this key share. Its mailbox was empty at first. */
  async shared(key: string): Promise<User> {
    const user = this.#byKey.get(key) ?? (await this.fresh(key));
    this.#byKey.set(key, user);
    return user;
  }

  /** A user; its mailbox may have messages. Cases take turns, so that none meets the limits of the one before. */
  async someone(): Promise<User> {
    const { given, canMakeUsers } = this.target;
    const turn = this.#turn++;
    const givenUser = given[turn % Math.max(1, given.length)];
    if (!canMakeUsers) {
      if (givenUser === undefined) throw new Skipped("needs a user: --user NAME=TOKEN");
      return givenUser;
    }
    const user = this.#shared[turn % SHARED_USERS] ?? (await this.fresh());
    this.#shared[turn % SHARED_USERS] = user;
    return user;
  }

  /** A device that receives only what comes from now on, on its first connection. */
  async open(user: User, { device = `d-${randomText()}`, query = {} }: OpenOptions = {}): Promise<Device> {
    return this.connected(user, { device, query: { cursor: "head", ...query } });
  }

  /** A connection of a device, with exactly this query. */
  async connected(user: User, { device = `d-${randomText()}`, query = {} }: OpenOptions = {}): Promise<Device> {
    const socket = this.socketOf(await this.upgrade(user, { device, ...query }));
    const text = await socket.text();
    const [first, ...rest] = text === null ? [] : framesOf(text);
    if (first?.["type"] !== "welcome") throw new Failure(`the first frame is not welcome: ${text}`);
    return new Device(socket, first, rest);
  }

  /** An upgrade of the mailbox of `user`, by default to v1 and with the user's token. */
  async upgrade(
    user: User,
    query: Readonly<Record<string, string>>,
    protocols: readonly string[] = ["restante.v1"],
  ): Promise<Connected> {
    const words = new URLSearchParams(query).toString();
    const path = `/client/${encodeURIComponent(user.name)}${words === "" ? "" : `?${words}`}`;
    const { token } = user;
    // Alone, the token would be a subprotocol that no server answers, and `ws` takes that for a failure.
    const isByHeader = protocols.length === 0;
    const connected = await Socket.connect({
      url: this.target.url.replace(/^http/, "ws") + path,
      protocols: token === null || isByHeader ? protocols : [...protocols, `bearer.${token}`],
      headers: token !== null && isByHeader ? { Authorization: `Bearer ${token}` } : {},
    });
    if ("socket" in connected) this.#closers.push(() => connected.socket.close());
    return connected;
  }

  /** The socket of an upgrade that has to succeed. */
  socketOf(connected: Connected): Socket {
    if ("socket" in connected) return connected.socket;
    const { status, body } = connected.refused;
    if (status === 429) throw new Skipped("the server limits connections now");
    throw new Failure(`the upgrade is refused with ${status}: ${body}`);
  }

  /**
   * An upgrade that is accepted and refused by `closing` ([D4]). A server refuses an address so 30 times a minute, and
   * with an HTTP status from then on ([D7]): then this waits for the next minute, once in a run.
   */
  async refused(user: User, query: OpenOptions["query"] = {}, protocols?: readonly string[]): Promise<Refused> {
    const connected = await this.upgrade(user, query, protocols);
    if ("refused" in connected && !this.#hasWaited) {
      this.#hasWaited = true;
      this.target.print("The server answers with HTTP statuses: waiting 61 s, in case that is its limit ([D7]).");
      await new Promise((done) => setTimeout(done, MINUTE_MS));
      return this.refused(user, query, protocols);
    }
    const socket = this.socketOf(connected);
    const text = await socket.text();
    const [closing] = text === null ? [] : framesOf(text);
    if (closing?.["type"] !== "closing") throw new Failure(`expected closing, received ${text}`);
    return { closing, socket };
  }

  /** The event stream of a new device, from now on. */
  async events(user: User): Promise<EventStream> {
    const stream = await EventStream.open(
      this.target.request("GET", `/api/entries?device=s-${randomText()}&cursor=head`, {
        user,
        headers: { Accept: "text/event-stream" },
      }),
    );
    this.#closers.push(() => stream.close());
    return stream;
  }

  http(method: string, path: string, call: HttpCall = {}): Promise<Answer> {
    return this.target.http(method, path, call);
  }

  /** Two users who have exchanged a message: contacts, where the deployment has requests. */
  async makeContacts(one: User, other: User): Promise<void> {
    const [a, b] = [await this.open(one), await this.open(other)];
    await a.deliver(other.name, "first contact");
    await b.until({ type: "message", from: a.user });
    await b.deliver(one.name, "first answer");
    await a.until({ type: "message", from: b.user });
    for (const device of [a, b]) {
      device.ack(Number.MAX_SAFE_INTEGER);
      await device.settled();
      device.socket.close();
    }
  }

  /** Ends the connections of a case. */
  closeAll(): void {
    for (const close of this.#closers.splice(0)) close();
  }
}
