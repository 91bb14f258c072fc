// The first page: a name, and where there are accounts a sign-in; a receiver, a text, and what arrives. It knows the DOM and the SDK's door; every thought about the
// protocol is behind that. Whatever people wrote becomes text nodes and nothing else.
import {
  connect,
  type ConnectionState,
  type Conversing,
  type Message,
  type MessageState,
  problemOfBody,
  problemOfName,
  type Restante,
} from "../client/connect.ts";
import { type Field, find, showProblem } from "./field.ts";
import { account, begin as beginAccount, code, enter, enterWithPasskey, showAccount } from "./sign-in.ts";

/** Messages on the page. */
const SHOWN = 500;

const form = find("compose", HTMLFormElement);
const name = find("name", HTMLInputElement);
const receiver = find("receiver", HTMLInputElement);
const text = find("text", HTMLTextAreaElement);
const messages = find("messages", HTMLOListElement);
const status = find("state", HTMLElement);
const retry = find("retry", HTMLButtonElement);

/** What is wrong with what was entered, or null. */
const rules = new Map<Field, (value: string) => string | null>([
  [name, (value) => (value === "" ? "Enter your name." : problemOfName(value))],
  [receiver, (value) => (value === "" ? "Enter the receiver's name." : problemOfName(value))],
  [text, (value) => (value === "" ? "Enter a text." : problemOfBody(text.value))],
]);

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const clockAndDay = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const clockOfTries = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

let mailbox: { readonly entered: string; readonly me: Restante; readonly threads: Map<string, Conversing> } | null =
  null;

async function leave(): Promise<void> {
  const me = mailbox?.me;
  await me?.account.signOut();
  await me?.close({ forget: true });
  mailbox = null;
  messages.replaceChildren();
  showAccount(null);
  status.dataset["is"] = "none";
  status.textContent = "Signed out.";
  name.focus();
}

async function addPasskey(): Promise<void> {
  const added = await mailbox?.me.account.addPasskey().then(
    () => "Passkey added.",
    () => "No passkey was added.",
  );
  find("link-code", HTMLOutputElement).textContent = added ?? "";
}

async function showLink(): Promise<void> {
  const linked = await mailbox?.me.account.linkCode();
  if (linked === undefined) return;
  const until = clockOfTries.format(linked.expires);
  find("link-code", HTMLOutputElement).textContent = `${linked.code} (on the other device, until ${until})`;
}

/** The mailbox of the name in the field, which is opened if it is not open yet. */
function open(): Restante {
  const entered = name.value.trim();
  if (mailbox?.entered === entered) return mailbox.me;
  void mailbox?.me.close();
  const me = connect({ url: location.origin, userName: entered });
  const threads = new Map<string, Conversing>();
  mailbox = { entered, me, threads };
  messages.replaceChildren();
  me.connection.subscribe((state) => {
    if (mailbox?.me === me) showState(state, entered);
  });
  me.conversations.subscribe((conversations) => {
    for (const { peer } of conversations) follow(peer);
  });
  me.gaps.subscribe(showSoon);
  sessionStorage.setItem("name", entered);
  return me;
}

/** Shows a conversation from now on, if it is not shown yet. */
function follow(peer: string): void {
  const owner = mailbox;
  if (owner === null || owner.threads.has(peer)) return;
  const thread = owner.me.messages.with(peer);
  owner.threads.set(peer, thread);
  thread.subscribe(() => {
    if (mailbox === owner) showSoon();
  });
}

let drawing = false;

/** Draws once, however many conversations have changed. */
function showSoon(): void {
  if (drawing) return;
  drawing = true;
  queueMicrotask(() => {
    drawing = false;
    showAll();
  });
}

const items = new WeakMap<Message, HTMLElement>();

/** The latest messages of all conversations, in the order of the log; those without a number last. */
function showAll(): void {
  const all = [...(mailbox?.threads.values() ?? [])].flatMap(({ value }) => value);
  const order = (message: Message) => message.seq ?? Number.POSITIVE_INFINITY;
  const latest = all.toSorted((a, b) => (order(a) < order(b) ? -1 : Number(order(a) > order(b)))).slice(-SHOWN);
  const gap = (mailbox?.me.gaps.value ?? 0) > 0 ? [make("li", "note", "Some messages are no longer kept.")] : [];
  messages.replaceChildren(...gap, ...latest.map(itemOf));
}

function itemOf(message: Message): HTMLElement {
  const known = items.get(message);
  if (known !== undefined) return known;
  const { state, to, from, at, body } = message;
  const who = state === null ? [make("bdi", "", from)] : ["to ", make("bdi", "", to)];
  const about = aboutOf(who, at, ...(state === null ? [] : [make("span", state.is, wordsOf(state))]));
  const item = make("li", state === null ? "" : "own", about, words(body));
  items.set(message, item);
  return item;
}

function check(field: Field): boolean {
  const problem = rules.get(field)?.(field.value.trim()) ?? null;
  showProblem(field, problem);
  return problem === null;
}

function showState(state: ConnectionState, userName: string): void {
  status.dataset["is"] = state.is;
  status.textContent = sentenceOf(state, userName);
  retry.hidden = state.is !== "waiting" && state.is !== "stopped";
}

function sentenceOf(state: ConnectionState, userName: string): string {
  switch (state.is) {
    case "connecting":
      return "Connecting…";
    case "open":
      return `Connected as ${userName}.`;
    case "waiting":
      return `No connection. Next try at ${clockOfTries.format(state.until)}.`;
    case "stopped":
      return state.message;
    default:
      return state satisfies never;
  }
}

function wordsOf(state: MessageState): string {
  switch (state.is) {
    case "sending":
      return "waiting to be sent";
    case "queued":
      return "on its way";
    case "stored":
    case "delivered":
    case "read":
      return state.is;
    case "failed":
      return `failed: ${state.message}`;
    default:
      return state satisfies never;
  }
}

function aboutOf(who: (Node | string)[], at: number, ...more: Node[]): HTMLElement {
  const date = new Date(at);
  const today = date.toDateString() === new Date().toDateString();
  const time = make("time", "", (today ? clock : clockAndDay).format(date));
  time.setAttribute("datetime", date.toISOString());
  return make("p", "about", ...who, " · ", time, ...more.flatMap((node) => [" · ", node]));
}

function words(body: unknown): HTMLElement {
  const paragraph = make("p", "text", typeof body === "string" ? body : JSON.stringify(body));
  paragraph.dir = "auto";
  return paragraph;
}

function make(tag: string, className: string, ...children: (Node | string)[]): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}

/** Enter, but not the one that ends the composition of a character. */
function onEnter(field: Field, act: () => void): void {
  field.addEventListener("keydown", (event) => {
    if (!(event instanceof KeyboardEvent) || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    act();
  });
}

async function submit(): Promise<void> {
  const wrong = [...rules.keys()].filter((field) => !check(field));
  wrong[0]?.focus();
  if (wrong.length > 0 || !(await enter())) return;
  const { to } = open().send(receiver.value.trim(), text.value);
  follow(to);
  text.value = "";
  text.focus();
}

async function openNamed(): Promise<void> {
  if (check(name) && (await enter())) open();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void submit();
});

// Leaving a field is not yet a wish to claim what stands in it.
name.addEventListener("change", () => {
  if (account() === undefined) void openNamed();
});
receiver.addEventListener("change", () => sessionStorage.setItem("receiver", receiver.value));
for (const field of [...rules.keys(), code]) field.addEventListener("input", () => showProblem(field, null));

onEnter(name, () => {
  if (account() === null) void openNamed();
  receiver.focus();
});
onEnter(code, () => void openNamed());
onEnter(receiver, () => text.focus());
onEnter(text, () => form.requestSubmit());

retry.addEventListener("click", () => mailbox?.me.retry());

find("leave", HTMLButtonElement).addEventListener("click", () => void leave());
find("passkey", HTMLButtonElement).addEventListener("click", () => {
  void enterWithPasskey().then((entered) => {
    if (entered) open();
  });
});
find("add-passkey", HTMLButtonElement).addEventListener("click", () => void addPasskey());
find("link", HTMLButtonElement).addEventListener("click", () => void showLink());

async function begin(): Promise<void> {
  receiver.value = sessionStorage.getItem("receiver") ?? "";
  await beginAccount();
  name.value ||= sessionStorage.getItem("name") ?? "";
  if (name.value !== "" && account() !== null && check(name)) open();
}

void begin();
