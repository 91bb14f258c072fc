// A server in memory: its mailboxes, the messages and signals between them, and a network that can be down. Frames are
// in fake-mailbox.ts, HTTP is in fake-http.ts.
import type { FailedFrame, MessageFrame } from "./fake-log.ts";
import { messageRefusalOf } from "../protocol/message-refusals.ts";
import { canonical } from "../protocol/names.ts";
import type { FakeMessage, FakeRefusal, FakeServer, FakeServerOptions } from "./api.ts";
import { reportPeer, takeName } from "./fake-conversations.ts";
import { answerRequest } from "./fake-http.ts";
import { FakeMailbox, type Refusal } from "./fake-mailbox.ts";
import { FakeSocket } from "./fake-socket.ts";
import type { FakeUser, Standing } from "./fake-user.ts";

/** Makes a server in memory: each has mailboxes of its own. */
export function fakeServer(options: FakeServerOptions = {}): FakeServer {
  return new Server(options);
}

type Rule = (message: Omit<FakeMessage, "at">) => FakeRefusal | null;
class Server implements FakeServer {
  readonly WebSocket: FakeServer["WebSocket"];
  readonly fetch: typeof fetch;
  readonly #users = new Map<string, FakeUser>();
  readonly #options: FakeServerOptions;
  #rule: Rule | null = null;
  /** With what the receiver refuses the message that is being taken. */
  #final: FakeRefusal | null = null;
  #isOffline = false;

  constructor(options: FakeServerOptions) {
    this.#options = options;
    const connect = (url: string) => this.#connect(url);
    // Called with `new`, a function may return another object.
    this.WebSocket = function open(url: string) {
      return connect(url);
    } as unknown as FakeServer["WebSocket"];
    this.fetch = (async (url: string, init?: RequestInit) => {
      const request = new URL(url);
      const name = request.searchParams.get("user") ?? "";
      if (this.#isOffline || this.user(name).isOffline) throw new TypeError("The fake server is offline.");
      const body: unknown = typeof init?.body === "string" ? JSON.parse(init.body) : undefined;
      return answerRequest(this, name, init?.method ?? "GET", request, body);
    }) as typeof fetch;
  }

  /** The user of this name in any spelling, who is made where there is none. */
  user(raw: string): FakeUser {
    const name = canonicalName(raw);
    const known = this.#users.get(name);
    if (known !== undefined) return known;
    const mailbox = new FakeMailbox(name, {
      refusalOf: (message) => this.#refusalOf(message),
      forward: (message) => this.#forward(message),
      report: (peer, marks) => this.#report(name, peer, marks),
      typing: (to) => this.#typing(name, to),
      watch: (socket, peers) => this.#watch(name, socket, peers),
      presenceChanged: () => this.#presenceChanged(name),
      displayName: () => this.user(name).displayName,
    });
    const user: FakeUser = {
      mailbox,
      standings: new Map(),
      settings: new Map(),
      displayName: null,
      names: new Map(),
      withheld: new Map(),
      watches: new Map(),
      isOffline: false,
    };
    this.#users.set(name, user);
    return user;
  }

  messages(userName: string): readonly FakeMessage[] {
    const { log } = this.user(userName).mailbox;
    return log.messages.map(({ from, to, body, at }) => ({ from, to, body, at }));
  }

  send(from: string, to: string, body: unknown): void {
    const { mailbox } = this.user(from);
    const own = { type: "message", from: mailbox.user, to: canonicalName(to), at: Date.now(), body } as const;
    const entry = mailbox.log.add<MessageFrame>(own);
    mailbox.emit(entry);
    this.#forward(entry);
  }

  read(userName: string, peer: string): void {
    const { mailbox } = this.user(userName);
    mailbox.readAll(canonicalName(peer));
  }

  goOffline(userName?: string): void {
    if (userName === undefined) this.#isOffline = true;
    else this.user(userName).isOffline = true;
    const users = userName === undefined ? [...this.#users.values()] : [this.user(userName)];
    for (const { mailbox } of users) for (const socket of mailbox.sockets) socket.end();
  }

  goOnline(userName?: string): void {
    if (userName === undefined) this.#isOffline = false;
    else this.user(userName).isOffline = false;
  }

  refuse(rule: Rule | null): void {
    this.#rule = rule;
  }

  close(userName: string, code: number, reason?: string, message = "Closed by a test."): void {
    const closing = { type: "closing", code, message, ...(reason !== undefined && { reason }) };
    for (const socket of this.user(userName).mailbox.sockets) socket.endWith(closing, code, message);
  }

  /** Changes what a user is to another one; devices of the first are notified. */
  setStanding(name: string, peer: string, standing: Standing): void {
    const user = this.user(name);
    const { standings, withheld } = user;
    if (standings.get(peer) === standing) return;
    standings.set(peer, standing);
    reportPeer(user, peer);
    const marks = withheld.get(peer);
    withheld.delete(peer);
    if (standing === "contact" && marks !== undefined) this.#report(name, peer, marks);
  }

  #connect(url: string): FakeSocket {
    const [, name = ""] = /\/client\/([^/?]+)/.exec(new URL(url).pathname) ?? [];
    const user = this.user(decodeURIComponent(name));
    const socket = new FakeSocket(url, user.mailbox);
    if (this.#isOffline || user.isOffline) socket.end();
    return socket;
  }

  #refusalOf(message: Omit<FakeMessage, "at">): Refusal | null {
    if (this.user(message.from).standings.get(message.to) === "blocked")
      return { ...messageRefusalOf("declined"), affects: "receiver" };
    const why = this.#rule?.(message) ?? null;
    this.#final = why?.byReceiver === true ? why : null;
    if (why === null || why.byReceiver === true) return null;
    const { byReceiver: _, ...refusal } = why;
    return { ...messageRefusalOf(why.code), ...refusal };
  }

  /** Takes an own message of a user to its receiver. */
  #forward(message: MessageFrame): "stored" | "queued" {
    const { from, to, body, seq } = message;
    const sender = this.user(from);
    if (sender.standings.get(to) === "request") this.setStanding(from, to, "contact");
    if (to === from) return "stored";
    const why = this.#finalRefusalOf(message);
    if (why !== null) {
      queueMicrotask(() =>
        sender.mailbox.emit(sender.mailbox.log.add<FailedFrame>({ type: "failed", of: seq, ...why })),
      );
      return "queued";
    }
    const receiver = this.user(to);
    if (!sender.standings.has(to)) sender.standings.set(to, "contact");
    const isNew = this.#options.requests === true && !receiver.standings.has(from);
    if (isNew) this.setStanding(to, from, "request");
    takeName(receiver, sender);
    receiver.mailbox.receive(from, body, seq, receiver.standings.get(from) === "request");
    sender.mailbox.raise(to, { stored: seq });
    return "stored";
  }

  #finalRefusalOf({ from, to }: MessageFrame): { code: string; message: string } | null {
    const why = this.#final;
    this.#final = null;
    if (this.user(to).standings.get(from) === "blocked") return messageRefusalOf("declined");
    return why && { code: why.code, message: why.message ?? messageRefusalOf(why.code).message };
  }

  /** Receipts for the author; not from a user who has not answered a request. */
  #report(name: string, author: string, marks: { readonly delivered: number; readonly read?: number }): void {
    const { standings, withheld } = this.user(name);
    const { read = 0, delivered } = marks;
    if (standings.get(author) !== "request") return this.user(author).mailbox.raise(name, { delivered, read });
    const before = withheld.get(author) ?? { delivered: 0, read: 0 };
    withheld.set(author, { delivered: Math.max(before.delivered, delivered), read: Math.max(before.read, read) });
  }

  /** Whether signals pass between two users. */
  #areContacts(one: string, other: string): boolean {
    const isContact = (name: string, peer: string) => (this.user(name).standings.get(peer) ?? "contact") === "contact";
    return isContact(one, other) && isContact(other, one);
  }

  #typing(from: string, to: string): void {
    if (this.#areContacts(from, to)) this.user(to).mailbox.emit({ type: "typing", from });
  }

  #watch(name: string, socket: FakeSocket, peers: readonly string[]): void {
    this.user(name).watches.set(socket, peers);
    for (const peer of peers) this.#sendPresence(name, socket, peer);
  }

  #presenceChanged(name: string): void {
    for (const { mailbox, watches } of this.#users.values()) {
      for (const [socket, peers] of watches) {
        if (!mailbox.sockets.has(socket)) watches.delete(socket);
        else if (peers.includes(name)) this.#sendPresence(mailbox.user, socket, name);
      }
    }
  }

  #sendPresence(name: string, socket: FakeSocket, peer: string): void {
    if (!this.#areContacts(name, peer)) return;
    socket.deliver({ type: "presence", user: peer, online: this.user(peer).mailbox.isOnline, at: Date.now() });
  }
}

/** Of any spelling. Throws where it is no name. */
function canonicalName(raw: string): string {
  const name = canonical(raw);
  if ("refused" in name) throw new TypeError(`"${raw}" is no userName.`);
  return name.name;
}
