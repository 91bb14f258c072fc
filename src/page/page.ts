// The first page: a name, a receiver, a text, and what arrives. It knows the DOM and the SDK's door; every thought about the
// protocol is behind that. Whatever people wrote becomes text nodes and nothing else.
import {
  connect,
  type Connection,
  newDevice,
  type OwnMessage,
  problemOfBody,
  problemOfName,
  type SendState,
  type State,
} from "../client/connect.ts";

/** Messages on the page; the oldest go first. */
const SHOWN = 500;

const form = find("compose", HTMLFormElement);
const name = find("name", HTMLInputElement);
const receiver = find("receiver", HTMLInputElement);
const text = find("text", HTMLTextAreaElement);
const messages = find("messages", HTMLOListElement);
const status = find("state", HTMLElement);
const retry = find("retry", HTMLButtonElement);

type Field = HTMLInputElement | HTMLTextAreaElement;

/** What is wrong with what was entered, or null. */
const rules = new Map<Field, (value: string) => string | null>([
  [name, (value) => (value === "" ? "Enter your name." : problemOfName(value))],
  [receiver, (value) => (value === "" ? "Enter the receiver's name." : problemOfName(value))],
  [text, (value) => (value === "" ? "Enter a text." : problemOfBody(text.value))],
]);

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const clockAndDay = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const clockOfTries = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

let mailbox: { readonly entered: string; readonly connection: Connection } | null = null;

/** The mailbox of the name in the field, which is opened if it is not open yet. */
function open(): Connection {
  const entered = name.value.trim();
  if (mailbox?.entered === entered) return mailbox.connection;
  mailbox?.connection.close();
  messages.replaceChildren();
  const connection = connect({
    url: location.origin,
    userName: entered,
    device: device(),
    onState: (state) => showState(state, entered),
    onMessage: ({ from, at, body }) => show(make("li", "", about([make("bdi", "", from)], at), words(body))),
    onOwn: showOwn,
    onGap: () => show(make("li", "note", "Older messages are no longer kept.")),
  });
  mailbox = { entered, connection };
  sessionStorage.setItem("name", entered);
  return connection;
}

/** One device a tab: two tabs of one user would replace each other otherwise. */
function device(): string {
  const known = sessionStorage.getItem("device") ?? newDevice();
  sessionStorage.setItem("device", known);
  return known;
}

function check(field: Field): boolean {
  const problem = rules.get(field)?.(field.value.trim()) ?? null;
  showProblem(field, problem);
  return problem === null;
}

function showProblem(field: Field, problem: string | null): void {
  field.setAttribute("aria-invalid", String(problem !== null));
  find(`${field.id}-problem`, HTMLElement).textContent = problem;
}

function showState(state: State, userName: string): void {
  status.dataset["is"] = state.is;
  status.textContent = sentenceOf(state, userName);
  retry.hidden = state.is !== "waiting" && state.is !== "stopped";
}

function sentenceOf(state: State, userName: string): string {
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

function showOwn(message: OwnMessage): void {
  const item = make("li", "own");
  const update = () => {
    const { is } = message.state;
    const state = make("span", is, wordsOf(message.state));
    const to = make("bdi", "", message.to);
    item.replaceChildren(about(["to ", to], message.at, state), words(message.body));
  };
  message.onChange = update;
  update();
  show(item);
}

function wordsOf(state: SendState): string {
  switch (state.is) {
    case "sending":
      return "waiting to be sent";
    case "queued":
      return "on its way";
    case "stored":
      return "stored";
    case "failed":
      return `failed: ${state.message}`;
    default:
      return state satisfies never;
  }
}

function about(who: (Node | string)[], at: number, ...more: Node[]): HTMLElement {
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

function show(item: HTMLElement): void {
  messages.append(item);
  if (messages.childElementCount > SHOWN) messages.firstElementChild?.remove();
}

function make(tag: string, className: string, ...children: (Node | string)[]): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}

function find<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`index.html has no ${id}`);
}

/** Enter, but not the one that ends the composition of a character. */
function onEnter(field: Field, act: () => void): void {
  field.addEventListener("keydown", (event) => {
    if (!(event instanceof KeyboardEvent) || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    act();
  });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const wrong = [...rules.keys()].filter((field) => !check(field));
  wrong[0]?.focus();
  if (wrong.length > 0) return;
  showOwn(open().send(receiver.value.trim(), text.value));
  text.value = "";
  text.focus();
});

name.addEventListener("change", () => {
  if (check(name)) open();
});
receiver.addEventListener("change", () => sessionStorage.setItem("receiver", receiver.value));
for (const field of rules.keys()) field.addEventListener("input", () => showProblem(field, null));

onEnter(name, () => receiver.focus());
onEnter(receiver, () => text.focus());
onEnter(text, () => form.requestSubmit());

retry.addEventListener("click", () => mailbox?.connection.retry());
addEventListener("online", () => {
  if (status.dataset["is"] === "waiting") mailbox?.connection.retry();
});

name.value = sessionStorage.getItem("name") ?? "";
receiver.value = sessionStorage.getItem("receiver") ?? "";
if (name.value !== "" && check(name)) open();
