import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "../../src/client/connect.ts";
import { type Server, startSelfhost } from "../support/servers.ts";
import { SlowLink } from "../support/slow-link.ts";
let server: Server;
let link: SlowLink;
beforeAll(async () => {
  server = await startSelfhost();
  link = await SlowLink.open(Number(new URL(server.url).port), 8_000);
});
afterAll(async () => {
  link?.close();
  await server?.stop();
});
test("up", async () => {
  const bob = connect({ url: link.url, userName: "bob", device: "phone" });
  const states: string[] = [];
  const t = Date.now();
  bob.connection.subscribe(({ is }) => void states.push(`${is}@${Date.now() - t}`));
  const sent = Array.from({ length: 600 }, (_, i) => bob.send("alice", `${i} ${randomBytes(500).toString("base64")}`));
  await Promise.race([sent.at(-1)?.reached("queued"), new Promise((done) => setTimeout(done, 90_000))]);
  console.log(states.join(" "), sent.filter((one) => one.state.value.is !== "sending").length);
  await Promise.race([bob.close(), new Promise((done) => setTimeout(done, 1000))]);
}, 110_000);
