// Accounts through the SDK and the Python example, against a real server: from the claim of a name to its erasure.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { claim, connect, entranceOf, Refused, type Restante, signedInAs, signIn } from "../../src/client/connect.ts";
import { PYTHON } from "../support/python.ts";
import { type Server, startServer } from "../support/servers.ts";
import { until } from "../support/until.ts";

let server: Server;

beforeAll(async () => {
  server = await startServer({ SENDS_PER_SECOND: "200" });
});

afterAll(() => server?.stop());

async function claimAndConnect(
  userName: string,
): Promise<{ me: Restante; token: string; recoveryCode: string | null }> {
  const { token, recoveryCode } = await claim(server.url, { userName });
  return { me: connect({ url: server.url, userName, token }), token, recoveryCode };
}

const standing = (me: Restante, peer: string, is: string) =>
  until(me.conversations, (all) => all.some((one) => one.peer === peer && one.standing === is));

test("a stranger's request is accepted, blocked and unblocked, and the conversations show each standing", async () => {
  const [{ me: alice }, { me: bob }] = [await claimAndConnect("alice"), await claimAndConnect("bob")];
  const hello = alice.send("bob", "hello");
  await hello.reached("stored");
  await standing(bob, "alice", "request");
  expect(hello.state.value).toEqual({ is: "stored" });
  await bob.people.accept("alice");
  await hello.reached("delivered");
  await standing(bob, "alice", "contact");
  await bob.people.block("alice");
  await standing(bob, "alice", "blocked");
  expect(await bob.people.blocked()).toEqual(["alice"]);
  await expect(alice.send("bob", "are you angry?").reached("stored")).rejects.toMatchObject({ code: "declined" });
  await expect(bob.send("alice", "no").reached("stored")).rejects.toMatchObject({ code: "declined" });
  await bob.people.unblock("alice");
  await alice.send("bob", "good").reached("delivered");
  await Promise.all([alice.close(), bob.close()]);
});

test("[U1] messages above the rate limit of a user are delayed, and arrive once and in order", async () => {
  const [{ me: carol }, { me: dave }] = [await claimAndConnect("carol"), await claimAndConnect("dave")];
  await carol.send("dave", "may I?").reached("stored");
  await dave.people.accept("carol");
  for (let i = 0; i < 400; i++) carol.send("dave", i);
  const got: unknown[] = [];
  for await (const { body } of dave.messages) if (typeof body === "number" && got.push(body) === 400) break;
  expect(got).toEqual(Array.from({ length: 400 }, (_, i) => i));
  await Promise.all([carol.close(), dave.close()]);
});

test("devices are linked by a code, listed and signed out, and an erased account stays erased", async () => {
  const { me: erin } = await claimAndConnect("erin");
  expect(await entranceOf(server.url)).toEqual({ auth: "accounts", registration: "open" });
  expect(await signedInAs(server.url)).toBe(null);
  await expect(claim(server.url, { userName: "erin" })).rejects.toMatchObject({ code: "name_taken" });
  const { code } = await erin.account.linkCode();
  const { token } = await signIn(server.url, { userName: "erin", code, label: "Tablet" });
  const tablet = connect({ url: server.url, userName: "erin", token });
  await until(tablet.connection, ({ is }) => is === "open");
  const devices = await erin.account.devices();
  const other = devices.find(({ label }) => label === "Tablet");
  expect(devices).toHaveLength(2);
  expect(other).toMatchObject({ current: false, online: true });
  await erin.account.signOutDevice(other?.id ?? "");
  expect(await until(tablet.connection, ({ is }) => is === "stopped")).toMatchObject({ code: 4403 });
  const refused = await tablet.account.devices().catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Refused);
  expect(refused).toMatchObject({ code: "unauthorized" });
  await erin.account.erase();
  expect(await until(erin.connection, ({ is }) => is === "stopped")).toMatchObject({ code: 4403 });
  await expect(claim(server.url, { userName: "erin" })).rejects.toMatchObject({ code: "name_taken" });
  await Promise.all([erin.close(), tablet.close()]);
});

test("a crash loses no account, no device and no block", async () => {
  const { me: frank, token, recoveryCode } = await claimAndConnect("frank");
  await until(frank.connection, ({ is }) => is === "open");
  await frank.people.block("grace");
  await server.kill();
  await server.restart();
  frank.retry();
  await until(frank.connection, ({ is }) => is === "open");
  expect(await frank.people.blocked()).toEqual(["grace"]);
  await expect(claim(server.url, { userName: "frank" })).rejects.toMatchObject({ code: "name_taken" });
  expect((await signIn(server.url, { userName: "frank", code: recoveryCode ?? "" })).token).not.toBe(token);
  await frank.close();
});

test("[A2] the Python example connects with a token, and receives the reason without one", async () => {
  const { token } = await claim(server.url, { userName: "heidi" });
  const run = (...flags: string[]) => {
    const client = resolve(import.meta.dirname, "../../examples/python/restante.py");
    const child = spawn(PYTHON, [client, "heidi", "--url", server.url, "--state", ":memory:", ...flags]);
    let printed = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (printed += String(data)));
    return { child, printed: () => printed };
  };
  const stranger = run();
  await once(stranger.child, "close");
  expect(stranger.printed()).toContain("The token is missing, wrong or expired");
  const heidi = run("--token", token);
  while (!heidi.printed().includes("connected as heidi")) await once(heidi.child.stdout, "data");
  heidi.child.kill();
  await once(heidi.child, "close");
});
