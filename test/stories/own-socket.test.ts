// The SDK over the WebSocket of the package `ws`, as Node.js before 22 needs it, against a real server; and the reasons
// of attempts that can't succeed.
import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { WebSocket as PackageSocket } from "ws";
import { claim, connect, type ConnectionState, type Restante, signIn } from "../../src/client/connect.ts";
import { type Server, startServer } from "../support/servers.ts";
import { until } from "../support/until.ts";

let server: Server;

beforeAll(async () => {
  server = await startServer({ RATE_LIMIT: "off" });
});

afterAll(() => server?.stop());

/** The client's connection when it is in this state. */
const connection = (me: Restante, state: ConnectionState["is"]) => until(me.connection, ({ is }) => is === state);

/** An address where nobody listens: its port was free, and is so again. */
async function closedAddress(): Promise<string> {
  const listener = createServer();
  await new Promise<void>((done) => listener.listen(0, "127.0.0.1", done));
  const { port } = listener.address() as AddressInfo;
  await new Promise((done) => listener.close(done));
  return `http://127.0.0.1:${port}`;
}

test("[D3] with the class of the package `ws`, and a token with a newline, messages are sent and answered", async () => {
  const errors: unknown[] = [];
  const listen = (error: unknown) => void errors.push(error);
  process.on("uncaughtException", listen);
  onTestFinished(() => void process.off("uncaughtException", listen));
  const { token } = await claim(server.url, { userName: "anna" });
  await claim(server.url, { userName: "bert" });
  const me = connect({ url: server.url, userName: "anna", token: `${token}\n`, WebSocket: PackageSocket });
  await me.send("bert", "hello").reached("stored", { timeoutMs: 20_000 });
  // Nobody listens there: the package reports an error, and throws it where nobody handles it.
  const lost = connect({ url: await closedAddress(), userName: "anna", token, WebSocket: PackageSocket });
  expect(await connection(lost, "waiting")).toMatchObject({ is: "waiting" });
  await Promise.all([me.close(), lost.close()]);
  expect(errors).toEqual([]);
});

test("[C1] the reason says why a connection stopped", async () => {
  const { token, recoveryCode } = await claim(server.url, { userName: "carla" });
  const { token: other } = await signIn(server.url, { userName: "carla", code: recoveryCode ?? "" });
  const open = (userName: string, as: string) => connect({ url: server.url, userName, token: as });
  const [first, second] = [open("carla", token), open("carla", other)];
  await Promise.all([connection(first, "open"), connection(second, "open")]);
  await second.account.signOutOthers();
  expect(await connection(first, "stopped")).toMatchObject({ code: 4403, reason: "signed_out" });
  const stranger = open("anna", other);
  expect(await connection(stranger, "stopped")).toMatchObject({ code: 4403, reason: "forbidden" });
  const late = open("carla", token);
  expect(await connection(late, "stopped")).toMatchObject({ code: 4401, reason: "unauthorized" });
  await second.account.erase();
  expect(await connection(second, "stopped")).toMatchObject({ code: 4403, reason: "erased" });
  await Promise.all([first, second, stranger, late].map((one) => one.close()));
});
