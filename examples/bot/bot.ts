// A bot in one file: it answers each message exactly once, also if its process is killed at any time.
//
//   node examples/bot/bot.ts URL [NAME [FILE]]     (Node.js 22.18 or newer; before that: npx tsx)
import process from "node:process";
import { connect, type Message } from "restante";
import { nodeStore } from "restante/node";

const [url = "http://localhost:8787", userName = "echo", file = `${userName}.db`] = process.argv.slice(2);
const token = process.env["RESTANTE_TOKEN"];

/** Here a bot asks its model, its database or another service. Called again for a message, it may answer otherwise. */
async function answerTo({ body }: Message): Promise<string> {
  return `You said: ${typeof body === "string" ? body : JSON.stringify(body)}`;
}

// The file has what was received, what was handled, and which answers were sent.
const me = connect({ url, userName, store: nodeStore(file), ...(token !== undefined && { token }) });

me.connection.subscribe((state) => {
  console.log("message" in state ? `${state.is}: ${state.message}` : state.is);
  // The server or the store refuses this bot: another attempt would fail the same way.
  if (state.is === "stopped" && state.reason !== "closed") process.exit(1);
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void me.close());

// It goes on after the last message that was handled: a message is handled when the loop asks for the next one.
for await (const message of me.messages) {
  me.send(message.from, await answerTo(message), { inReplyTo: message });
}
