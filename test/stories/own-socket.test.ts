// The SDK over the WebSocket of the package `ws`, as Node.js before 22 needs it, against a real server; and the reasons
// of attempts that can't succeed.
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { WebSocket as PackageSocket } from "ws";
import { claim, connect, type ConnectionState, type Live, signIn } from "../../src/client/connect.ts";
import { type Server, startServer } from "../support/servers.ts";

let server: Server;

beforeAll(async () => {
  server = await startServer({ RATE_LIMIT: "off" });
});

afterAll(() => server.stop());

const until = async (state: Live<ConnectionState>, is: ConnectionState["is"]) => {
  for await (const value of state) if (value.is === is) return value;
  throw new Error("it ended before");
};

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
  const lost = connect({ url: "http://127.0.0.1:9", userName: "anna", token, WebSocket: PackageSocket });
  expect(await until(lost.connection, "waiting")).toMatchObject({ is: "waiting" });
  await Promise.all([me.close(), lost.close()]);
  expect(errors).toEqual([]);
});

test("[C1] the reason says why a connection stopped", async () => {
  const { token, recoveryCode } = await claim(server.url, { userName: "carla" });
  const { token: other } = await signIn(server.url, { userName: "carla", code: recoveryCode ?? "" });
  const open = (userName: string, as: string) => connect({ url: server.url, userName, token: as });
  const [first, second] = [open("carla", token), open("carla", other)];
  await Promise.all([until(first.connection, "open"), until(second.connection, "open")]);
  await second.account.signOutOthers();
  expect(await until(first.connection, "stopped")).toMatchObject({ code: 4403, reason: "signed_out" });
  const stranger = open("anna", other);
  expect(await until(stranger.connection, "stopped")).toMatchObject({ code: 4403, reason: "forbidden" });
  const late = open("carla", token);
  expect(await until(late.connection, "stopped")).toMatchObject({ code: 4401, reason: "unauthorized" });
  await second.account.erase();
  expect(await until(second.connection, "stopped")).toMatchObject({ code: 4403, reason: "erased" });
  await Promise.all([first, second, stranger, late].map((one) => one.close()));
});
