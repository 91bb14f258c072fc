// The example of a bot, with a real server, killed again and again under load: no message without an answer, and none
// with two. BOT_KILLS=100 kills it as often as that.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { connect, memoryStore, type Restante } from "../../src/client/connect.ts";
import { exampleProject } from "../support/example-project.ts";
import { type Server, startServer } from "../support/servers.ts";

const GUIDE = resolve(import.meta.dirname, "../../docs/SDK.md");
const KILLS = Number(process.env["BOT_KILLS"] ?? 20);
/** Ms for a round, of which the start of the bot takes most. */
const ROUND_MS = 5_000;

let server: Server;
let project: string;

beforeAll(async () => {
  [server, project] = await Promise.all([startServer(), exampleProject("examples/bot/bot.ts")]);
  // As the example, but for a turn of the event loop in which the answer is stored and its message is not handled yet.
  const bot = readFileSync(join(project, "bot.ts"), "utf8");
  const slow = bot.replace(
    /me\.send\((.*)\);$/m,
    "await me.send($1).kept;\n  await new Promise((done) => setImmediate(done));",
  );
  expect(slow).not.toBe(bot);
  writeFileSync(join(project, "slow-bot.ts"), slow);
  const [, recipe = ""] = /## A bot\n.*?```ts\n(.*?)```/s.exec(readFileSync(GUIDE, "utf8")) ?? [];
  writeFileSync(join(project, "recipe.js"), recipeProgram(recipe));
});

afterAll(async () => {
  await server?.stop();
  if (project !== undefined) rmSync(project, { recursive: true, force: true });
});

/** What the recipe leaves to its reader. */
function recipeProgram(recipe: string): string {
  const begin = `const [url, name] = process.argv.slice(2);
    const token = "any";
    const answerTo = async ({ body }) => \`You said: \${body}\`;`;
  const print = "me.connection.subscribe(({ is }) => console.log(is));";
  return `${begin}\n${recipe.replaceAll('"echo', 'name + "').replace("\n\nfor await", `\n${print}\nfor await`)}`;
}

/** Starts a program of the project; resolves with how to kill it, when it is connected. */
async function start(...args: string[]): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, args, { cwd: project });
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  };
  onTestFinished(kill);
  let printed = "";
  child.stderr.on("data", (data) => (printed += String(data)));
  for await (const data of child.stdout) {
    printed += String(data);
    if (/^open$/m.test(printed)) break;
  }
  expect(printed).toMatch(/^open$/m);
  return kill;
}

const answerTo = (body: string) => `You said: ${body}`;

/** What the bot has answered to a user, in order. */
class Answers {
  readonly all: unknown[] = [];
  #wake: () => void = () => undefined;

  constructor(me: Restante) {
    me.messages.subscribe(({ body }) => {
      this.all.push(body);
      this.#wake();
    });
  }

  async reach(count: number): Promise<void> {
    await this.#until(() => this.all.length >= count);
  }

  async has(answer: string): Promise<void> {
    await this.#until(() => this.all.includes(answer));
  }

  async #until(isReached: () => boolean): Promise<void> {
    while (!isReached()) await new Promise<void>((done) => (this.#wake = done));
  }
}

/** Sends `burst` messages each time before the bot is killed, after a number of answers that differs. */
async function talk(
  program: string,
  name: string,
  burst: number,
  kills: number,
): Promise<{ sent: string[]; answers: unknown[] }> {
  const me = connect({ url: server.url, userName: `user-of-${name}`, store: memoryStore() });
  onTestFinished(() => me.close());
  const answers = new Answers(me);
  const sent: string[] = [];
  const say = (body: string) => {
    sent.push(body);
    me.send(name, body);
  };
  // The first answer makes a stranger a contact.
  let kill = await start(program, server.url, name);
  say("hello");
  await answers.reach(1);
  for (let round = 0; round < kills; round++) {
    for (let i = 0; i < burst; i++) say(`${round}.${i}`);
    // At any point of its work: some of what is sent now is on its way, or waits for the next bot.
    await answers.reach(Math.min(answers.all.length + 1 + ((round * 37) % burst), sent.length));
    await kill();
    kill = await start(program, server.url, name);
  }
  // Answers come in the order of the messages: after the last one nothing is missing any more.
  say("the end");
  await answers.has(answerTo("the end"));
  await kill();
  return { sent, answers: answers.all };
}

test.each([
  ["bot.ts", "at once", 200, KILLS],
  ["recipe.js", "at once", 100, KILLS / 4],
  ["slow-bot.ts", "in another turn of the event loop", 30, KILLS],
])(
  "%s, which asks for the next message %s, answers each message once, in order, however often it is killed",
  async (program, _, burst, kills) => {
    const { sent, answers } = await talk(program, program.replace(/\.\w+$/, ""), burst, kills);
    expect(answers).toEqual(sent.map(answerTo));
  },
  KILLS * ROUND_MS + 60_000,
);
