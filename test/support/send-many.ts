// Many messages at once, from another connection of a user whose page is open.
import type { PageUser } from "./page-user.ts";

/** Sends `number 1.`, `number 2.` and so on. */
export async function sendMany(from: PageUser, user: string, to: string, count: number): Promise<void> {
  await from.page.evaluate(
    async ([name, peer, many]) => {
      const address = `${location.origin.replace("http", "ws")}/client/${name}?device=loader&cursor=head`;
      const socket = new WebSocket(address, "restante.v1");
      await new Promise((done) => socket.addEventListener("message", done, { once: true }));
      const frames = Array.from({ length: many }, (_, i) => {
        return { type: "send", id: i + 1, to: peer, body: `number ${i + 1}.` };
      });
      const answered = new Promise((done) => socket.addEventListener("message", done, { once: true }));
      socket.send(JSON.stringify(frames));
      await answered;
      socket.close();
    },
    [user, to, count] as const,
  );
}
