// One client, as an application holds it: names are made canonical here, bodies are measured, and what is wrong is said at once.
// It knows the view and the session; no socket, no frame and no store.
import { type MessageRefusal, messageRefusal } from "../protocol/message-refusals.ts";
import { serializeBody } from "../protocol/json.ts";
import { canonical } from "../protocol/names.ts";
import { Account, People } from "./account.ts";
import type { Messages, Options, Presences, Restante } from "./api.ts";
import { browserStore, isBrowser, onNetwork } from "./browser.ts";
import { IncomingMessages } from "./incoming-messages.ts";
import { list, past } from "./read-history.ts";
import type { ConnectionState } from "./connection.ts";
import type { Live } from "./live-value.ts";
import { memoryStore } from "./memory.ts";
import type { Message } from "./message.ts";
import { keyOf, newDevice } from "./random-ids.ts";
import type { SentMessage } from "./own-message.ts";
import { Server } from "./server.ts";
import { StoreClients } from "./store-clients.ts";
import type { Draft, Json, Kept, Piece, Store, Why } from "./store.ts";
import { Thread } from "./thread.ts";
import type { Notice } from "./tab-messages.ts";
import { type Conversation, View } from "./view.ts";

/** A text of fewer UTF-16 units can be kept, though each may be six bytes of JSON. */
const SHORT = 10_000;

export class Client implements Restante {
  readonly user: string;
  readonly connection: Live<ConnectionState>;
  readonly messages: Messages;
  readonly conversations: Live<readonly Conversation[]>;
  readonly presence: Presences;
  readonly typists: Live<ReadonlySet<string>>;
  readonly gaps: Live<number>;
  readonly notices: Live<readonly Notice[]>;
  readonly account: Account;
  readonly people: People;
  readonly #server: Server;
  readonly #store: Store;
  readonly #view: View;
  readonly #session: StoreClients;
  readonly #unhook: () => void;

  constructor(user: string, options: Options) {
    this.user = user;
    this.#server = new Server(options.url, user, options.token);
    this.account = new Account(this.#server);
    this.people = new People(this.#server);
    this.#store = options.store ?? (isBrowser() ? browserStore() : memoryStore());
    const feed = new IncomingMessages(() => this.#session.taken());
    this.#view = new View(user, feed);
    const { signals, conversations } = this.#view;
    this.conversations = conversations;
    this.typists = signals.typing;
    this.messages = Object.assign(feed, { with: (peer: string) => this.#thread(peer) });
    this.presence = Object.assign(signals.presence, { watch: (peers: readonly string[]) => this.#watch(peers) });
    this.#session = new StoreClients(this.#store, () => this.#open(options), this.#view, {
      user,
      since: options.since ?? "start",
      door: (place) => this.#server.door(place),
      renew: this.#server.renews ? () => this.#server.present() : null,
      list: () => list(this.#server.ask, user),
    });
    this.connection = this.#session.state;
    this.gaps = this.#session.gaps;
    this.notices = this.#session.notices;
    this.#unhook = onNetwork(() => this.check());
  }

  send(to: string, body: Json): SentMessage {
    const receiver = canonical(to);
    // Most are short texts, of which nothing has to be asked.
    const kept = typeof body === "string" && body.length < SHORT ? body : serializeBody(body);
    const why = this.#objection(receiver, kept);
    const draft: Draft = {
      key: keyOf(),
      peer: "name" in receiver ? receiver.name : to,
      at: Date.now(),
      // As JSON has it, and nobody else's to change.
      body: typeof kept !== "string" || typeof body === "string" ? body : JSON.parse(kept),
      id: null,
      seq: null,
      failed: why && { code: why.code, message: why.message },
    };
    const sent = this.#view.sending(draft);
    if (why !== null) return sent;
    this.#view.signals.sent(draft.peer);
    sent.kept = this.#session.write({ drafts: [draft] });
    return sent;
  }

  resend(message: Message): SentMessage {
    this.discard(message);
    return this.send(message.to, message.body as Json);
  }

  discard({ key }: Message): void {
    if (!this.#view.draft(key)?.failed) return;
    this.#view.apply({ settled: [key] });
    void this.#session.write({ settled: [key] });
  }

  read(peer: string, upTo?: Message): void {
    const name = canonical(peer);
    if ("refused" in name) return;
    const told = this.#session.ready.then(() => {
      const row = this.#view.row(name.name);
      const seq = (upTo === undefined ? row?.last : upTo)?.seq ?? 0;
      if (seq > (row?.mine ?? 0)) return this.#session.write({ reads: [{ peer: name.name, seq }] });
      return undefined;
    });
    told.catch(() => undefined);
  }

  typing(to: string): void {
    const name = canonical(to);
    if ("name" in name && this.#view.signals.saysTyping(name.name)) this.#session.typing(name.name);
  }

  retry(): void {
    this.#session.retry();
  }

  check(): void {
    this.#session.check();
  }

  async close({ forget = false }: { readonly forget?: boolean } = {}): Promise<void> {
    this.#unhook();
    const closed = this.#session.close(forget);
    this.#view.end();
    await closed;
  }

  /** Why this can't be sent, or null. */
  #objection(receiver: ReturnType<typeof canonical>, json: string | MessageRefusal): MessageRefusal | Why | null {
    if ("refused" in receiver) return messageRefusal(receiver.refused);
    if (typeof json !== "string") return json;
    return this.#session.closed ? { code: "closed", message: "The mailbox is closed." } : null;
  }

  #open({ device, since }: Options): Promise<Kept> {
    const name = ["restante", this.#server.host, this.user, device ?? []].flat().join(" ");
    // A device that is made here has had nothing yet; of one that has a name already only the mailbox knows.
    const whole = device === undefined && since !== "now";
    const first = { device: device ?? newDevice(), epoch: null, cursor: null, base: whole ? 0 : null, listed: whole };
    return this.#store.open(name, first);
  }

  #thread(raw: string): Thread {
    const name = canonical(raw);
    return new Thread("refused" in name ? raw : name.name, this.#view, {
      piece: (peer, before, limit) => this.#session.ready.then(() => this.#store.piece(peer, before, limit)),
      past: (peer, before, limit) => this.#past(peer, before, limit),
    });
  }

  async #past(peer: string, before: number, limit: number): Promise<Piece> {
    const piece = await past(this.#server.ask, this.user, peer, before, limit);
    await this.#store.write({ past: { peer, ...piece } });
    return piece;
  }

  #watch(peers: readonly string[]): void {
    this.#session.watch(peers.map(canonical).flatMap((name) => ("name" in name ? [name.name] : [])));
  }
}
