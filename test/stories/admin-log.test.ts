// The log of a running deployment names the operator of each action, and no secret.
import { afterAll, beforeAll, expect, test } from "vitest";
import { ADMIN_TOKEN, AdminCommand } from "../support/admin-command.ts";
import { open } from "../support/tcp-devices.ts";
import { OPEN, type Server, startServer } from "../support/servers.ts";

const BODY = "nobody-else-is-to-read-this";

let server: Server;
const command = new AdminCommand(() => server.url);

beforeAll(async () => {
  server = await startServer({ ...OPEN, ADMIN_TOKEN });
});

afterAll(() => server?.stop());

test("the log names the operator of each action: the secret, or a service with the id of its token", async () => {
  const bot = (await command.json("service", "create", "ops-bot", "--scope", "admin")) as { token: string; id: string };
  const asBot = { RESTANTE_ADMIN_TOKEN: bot.token };
  const frank = await open(server.url, "frank");
  frank.socket.close();
  for (const verb of [["disconnect"], ["suspend", "--reason", BODY], ["resume"], ["export"], ["erase", "--yes"]]) {
    const [word = "", ...flags] = verb;
    expect((await command.run([word, "frank", ...flags], asBot)).code, word).toBe(0);
  }
  const made = (await command.json("service", "create", "relay", "--scope", "send", "--scope", "read")) as {
    id: string;
  };
  const more = (await command.json("service", "grant", "relay", "--scope", "send")) as { id: string };
  const hook = async (method: string, body?: unknown) => {
    const headers = { Authorization: `Bearer ${ADMIN_TOKEN}` };
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    return (await fetch(`${server.url}/api/admin/services/relay/webhook`, init)).status;
  };
  expect(await hook("PUT", { url: "https://hooks.example.com/secret-path?key=1" })).toBe(201);
  expect(await hook("DELETE")).toBe(204);
  await command.text("service", "revoke", "relay", "--token", more.id);
  await command.text("service", "revoke", "relay");
  // A refused action is logged as such.
  expect((await command.run(["resume", "frank"])).code).toBe(1);
  const events = () =>
    server.output
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ user, operator }) => (user === "frank" || user === "relay") && operator !== undefined)
      .map(({ at: _at, time: _time, ...rest }) => rest);
  const action = { level: "info", request: expect.any(String), network: "127.0.0.0/24" };
  const onFrank = { user: "frank", operator: "ops-bot", operatorToken: bot.id, ...action };
  const onRelay = { user: "relay", operator: "secret", operatorToken: null, ...action };
  await expect.poll(events).toEqual([
    { event: "disconnected", device: null, sockets: expect.any(Number), ...onFrank },
    { event: "suspended", until: null, ...onFrank },
    { event: "resumed", ...onFrank },
    { event: "exported", ...onFrank },
    { event: "erased", ...onFrank },
    { event: "service_created", id: made.id, scopes: "send read", ...onRelay },
    { event: "service_token_granted", id: more.id, scopes: "send", ...onRelay },
    { event: "webhook_set", host: "hooks.example.com", ...onRelay },
    { event: "webhook_removed", ...onRelay },
    { event: "service_token_revoked", id: more.id, ...onRelay },
    { event: "service_revoked", ...onRelay },
    { event: "action_refused", what: "resume", code: "erased", ...onRelay, user: "frank" },
  ]);
  for (const secret of [bot.token, ADMIN_TOKEN, "secret-path", BODY]) expect(server.output).not.toContain(secret);
});
