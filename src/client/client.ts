// One client, as an application holds it: it makes names canonical, measures bodies, and refuses at once what can't be
// sent. It knows the view and the clients of the store; no socket, no frame and no content of a store.
import type { ConversationSettings } from "../protocol/caller.ts";
import { type MessageRefusal, messageRefusal } from "../protocol/message-refusals.ts";
import { Account, pathOf, People } from "./account.ts";
import type { Messages, Options, OwnProfile, Presences, Restante, ThreadOptions } from "./api.ts";
import { copyOf } from "./body.ts";
import { checkOf } from "./body-schema.ts";
import { browserStore, onNetwork } from "./browser.ts";
import { RestanteError } from "./errors.ts";
import { IncomingMessages } from "./incoming-messages.ts";
import { type SendOptions, sendKeyOf } from "./keyed-messages.ts";
import { listConversations, readOlder } from "./read-history.ts";
import type { ConnectionState } from "./connection-state.ts";
import { debugOf } from "./debug.ts";
import { notRead } from "./ending.ts";
import { Computed, type Live, type Stop } from "./live-value.ts";
import type { Message } from "./message.ts";
import { nameOf } from "./names.ts";
import { keyOf, newDevice } from "./random-ids.ts";
import type { SentMessage } from "./own-message.ts";
import { Server } from "./server.ts";
import { DURABLE, type StorageState } from "./storage-state.ts";
import { StoreClients } from "./store-clients.ts";
import { StoredMessages } from "./stored-messages.ts";
import type { Commit, Draft, Kept, Store, Why } from "./store.ts";
import { type ReadPage, Thread } from "./thread.ts";
import type { Notice } from "./tab-messages.ts";
import { timesOf } from "./timing.ts";
import type { Conversation } from "./conversation-list.ts";
import { View } from "./view.ts";
import type { WaitOptions } from "./wait.ts";

/** The latest replacements that are remembered. Answers: a program that sends again for years. */
const MAX_RESENT = 1_000;

export class Client implements Restante {
  readonly user: string;
  readonly connection: Live<ConnectionState>;
  readonly storage: Live<StorageState>;
  readonly messages: Messages;
  readonly conversations: Live<readonly Conversation[]>;
  readonly presence: Presences;
  readonly typists: Live<ReadonlySet<string>>;
  readonly gaps: Live<number>;
  readonly notices: Live<readonly Notice[]>;
  readonly account: Account;
  readonly people: People;
  readonly profile: OwnProfile;
  readonly #server: Server;
  readonly #store: Store;
  readonly #view: View;
  readonly #clients: StoreClients;
  /** By key, what replaced a failed message: a button may be pressed twice, in two conversations too. */
  readonly #resent = new Map<string, SentMessage>();
  readonly #stopWatchingNetwork: () => void;

  constructor(user: string, options: Options) {
    this.user = user;
    const { WebSocket, fetch, token } = options;
    const times = timesOf(options.timing);
    const debug = debugOf(options.debug);
    this.#server = new Server(options.url, user, { token, fetch, times, debug });
    this.account = new Account(this.#server);
    this.people = new People(this.#server);
    this.#store = options.store ?? browserStore();
    const check = options.body ? checkOf(options.body) : null;
    const { arrivals } = this.#store;
    const incoming =
      arrivals === undefined
        ? new IncomingMessages(() => this.#clients.ack())
        : new StoredMessages({
            user,
            check,
            read: (...range) => this.#clients.ready.then(() => arrivals.apply(this.#store, range)).catch(notRead),
            take: (taken) => void this.#clients.write({ taken }),
          });
    this.#view = new View(user, incoming, check);
    const { signals, conversations, displayName } = this.#view;
    this.profile = {
      displayName,
      change: (profile, wait) => this.#server.change("PUT", "/api/profile", wait, profile),
    };
    this.conversations = conversations;
    this.typists = signals.typing;
    this.messages = Object.assign(incoming, {
      with: (peer: string, options?: ThreadOptions) => this.#thread(peer, options),
    });
    this.presence = Object.assign(signals.presence, { watch: (peers: readonly string[]) => this.#watch(peers) });
    this.#clients = new StoreClients(this.#store, (last) => this.#open(options, last), this.#view, {
      user,
      since: options.since ?? "start",
      addressOf: (query, signal) => this.#server.socketAddress(query, signal),
      renew: this.#server.renews ? (wait) => this.#server.currentToken(wait) : null,
      connection: { WebSocket, times, debug },
      listConversations: () => listConversations(this.#server.ask, user),
      readPage: this.#readPage,
    });
    this.connection = this.#clients.state;
    const isLasting = this.#store.lasting;
    const fixed: StorageState = isLasting ? DURABLE : { is: "memory", reason: "chosen" };
    this.storage = this.#store.storage ?? new Computed(() => fixed);
    this.gaps = this.#clients.gaps;
    this.notices = this.#clients.notices;
    this.#stopWatchingNetwork = onNetwork(() => this.check());
  }

  send(to: string, body: unknown, options: SendOptions = {}): SentMessage {
    const receiver = nameOf(to);
    const peer = "name" in receiver ? receiver.name : String(to);
    const sendKey = sendKeyOf(peer, options);
    const earlier = this.#view.keyed.get(sendKey);
    if (earlier !== undefined && !this.#view.discarded.has(earlier.seq ?? 0)) return earlier;
    const copy = copyOf(body);
    const why = this.#refusalOf(receiver, copy);
    const draft: Draft = {
      key: keyOf(),
      peer,
      at: Date.now(),
      // A copy, as JSON has it: the caller may change the body later.
      body: "body" in copy ? copy.body : body,
      id: null,
      seq: null,
      failed: why && { code: why.code, message: why.message },
      sendKey: why === null ? sendKey : undefined,
    };
    const sent = this.#view.addDraft(draft);
    if (why !== null) return sent;
    this.#view.signals.messageSent(draft.peer);
    sent.kept = this.#clients.write({ drafts: [draft] });
    return sent;
  }

  resend(message: Message): SentMessage {
    const { key, to, body } = message;
    const before = this.#resent.get(key);
    if (before !== undefined) return before;
    this.discard(message);
    const sent = this.send(to, body);
    this.#resent.set(key, sent);
    const [oldest = ""] = this.#resent.keys();
    if (this.#resent.size > MAX_RESENT) this.#resent.delete(oldest);
    return sent;
  }

  discard({ key, seq, state }: Message): void {
    if (state?.is !== "failed") return;
    const { code, message } = state;
    const commit = seq === null ? { settled: [key] } : { failures: [{ seq, code, message, isDiscarded: true }] };
    this.#view.apply(commit);
    void this.#clients.write(commit);
  }

  async configure(peer: string, settings: Partial<ConversationSettings>, wait?: WaitOptions): Promise<void> {
    await this.#server.change("PATCH", pathOf("conversations", peer), wait, settings);
  }

  async clear(peer: string, wait?: WaitOptions): Promise<void> {
    await this.#server.change("DELETE", pathOf("conversations", peer), wait);
  }

  async remove(message: Message, wait?: WaitOptions): Promise<void> {
    const { seq, peer, state } = message;
    if (seq !== null) return this.#server.change("DELETE", `${pathOf("conversations", peer)}/messages/${seq}`, wait);
    if (state?.is !== "failed") throw new RestanteError("not_found", "The mailbox does not have this message yet.");
    this.discard(message);
  }

  read(peer: string, upTo?: Message): void {
    const name = nameOf(peer);
    if ("refused" in name) return;
    const stored = this.#clients.ready.then(() => {
      const row = this.#view.row(name.name);
      const seq = (upTo === undefined ? row?.last : upTo)?.seq ?? 0;
      if (seq > (row?.mine ?? 0)) return this.#clients.write({ reads: [{ peer: name.name, seq }] });
      return undefined;
    });
    stored.catch(() => undefined);
  }

  typing(to: string): void {
    const name = nameOf(to);
    if ("name" in name && this.#view.signals.mayReportTyping(name.name)) this.#clients.sendTyping(name.name);
  }

  retry(): void {
    this.#clients.ask("retry");
  }

  check(): void {
    this.#clients.ask("check");
  }

  async close({ forget = false }: { readonly forget?: boolean } = {}): Promise<void> {
    this.#stopWatchingNetwork();
    const closed = this.#clients.close(forget);
    this.#view.end();
    await closed;
  }

  /** Why this can't be sent, or null. */
  #refusalOf(receiver: ReturnType<typeof nameOf>, copy: ReturnType<typeof copyOf>): MessageRefusal | Why | null {
    if ("refused" in receiver) return messageRefusal(receiver.refused);
    if ("code" in copy) return copy;
    const invalid = this.#view.check?.(copy.body);
    if (invalid !== undefined) return { code: "bad_body", message: invalid };
    return this.#clients.isClosed ? { code: "closed", message: "The mailbox is closed." } : null;
  }

  #open({ device, since }: Options, last?: Kept): Promise<Kept> {
    const name = ["restante", this.#server.host, this.user, device ?? []].flat().join(" ");
    // A new device begins with the whole log; where a device with a given name is, only the mailbox knows.
    const isWhole = device === undefined && since !== "now";
    const base = isWhole ? 0 : null;
    const first = { device: device ?? newDevice(), epoch: null, cursor: null, base, listed: isWhole };
    return this.#store.open(name, first, last);
  }

  #thread(raw: string, { pageSize }: ThreadOptions = {}): Thread {
    const name = nameOf(raw);
    return new Thread("refused" in name ? String(raw) : name.name, this.#view, this.#readPage, pageSize);
  }

  /** A page of the messages that this device has; where it has none of them, those that the mailbox has. */
  readonly #readPage: ReadPage = async (peer, before, limit) => {
    await this.#clients.ready;
    const local = await this.#store.piece(peer, before, limit);
    const isLocal = local.entries.length > 0 || local.from === 0;
    const page = isLocal ? local : await readOlder(this.#server.ask, this.user, peer, before, limit);
    const entries = this.#view.shown(peer, page.entries);
    if (isLocal) return { entries, from: page.entries.at(-limit)?.seq ?? page.from };
    // The store is a cache of it: a page that can't be stored is shown too.
    const write = (commit: Commit) => this.#store.write(commit).catch(() => undefined);
    await write({ past: { peer, entries, from: page.from } });
    // The page may have been written after the removal of some of its messages.
    for (const { seq } of entries)
      if (this.#view.removed.has(peer, seq)) await write({ removed: [{ peer, from: seq, upTo: seq }] });
    return { entries: this.#view.shown(peer, entries), from: page.from };
  };

  #watch(peers: readonly string[]): Stop {
    return this.#clients.watch(peers.map(nameOf).flatMap((name) => ("name" in name ? [name.name] : [])));
  }
}
