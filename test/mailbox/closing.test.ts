// How the server ends connections: wherever it closes, the frame `closing` and the close of the WebSocket have the same
// number and the same word.
import { exports } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { Mailbox } from "../../src/mailbox/mailbox.ts";
import { LIMITS, REJECTED } from "../../src/protocol/limits.ts";
import { closeCode, REFUSALS, type CodeIn } from "../../src/protocol/refusals.ts";
import { nextFrame, type ClientSocket } from "../support/client-socket.ts";
import { fresh, open, plain, socketOf, upgrade } from "../support/devices.ts";
import { callApi } from "../support/accounts.ts";
import { ADMIN } from "../support/operators.ts";

const { textBytes } = LIMITS;
const tooLarge = "x".repeat(textBytes + 1);
const erase = (user: string) =>
  exports.default.fetch(new Request(`http://restante.test/api/account?user=${user}`, { method: "DELETE" }));

/** What ends the connection of a user who has one. */
const ends: [code: CodeIn<"closing">, how: (user: string, line: ClientSocket) => unknown][] = [
  ["replaced", (user) => open(user)],
  ["too_large", (_, line) => line.sendText(tooLarge)],
  ["disconnected", (user) => callApi("POST", `/api/admin/users/${user}/disconnect`, {}, ADMIN)],
  ["suspended", (user) => callApi("PUT", `/api/admin/users/${user}/suspension`, { reason: "spam" }, ADMIN)],
  ["erased", erase],
  ["rate_limited", (_, line) => flood(line)],
];

function flood(line: ClientSocket): void {
  const wrong = `[${Array.from({ length: LIMITS.frames }, () => "0").join()}]`;
  for (let cost = 0; cost <= 2 * REJECTED.MAX; cost += LIMITS.frames) line.sendText(wrong);
}

test.each(ends)(
  "[C1] a v1 connection that ends with %s has this word in closing and in the close",
  async (code, how) => {
    const user = fresh("alice");
    const { socket } = await open(user);
    await how(user, socket);
    let frame = await nextFrame(socket);
    while (frame["type"] !== "closing") frame = [await nextFrame(socket)].flat().at(-1) ?? {};
    const about = { type: "closing", code: closeCode(code), reason: code, message: expect.stringMatching(/ .*\.$/) };
    const { retryAfter } = { retryAfter: undefined, ...REFUSALS[code] };
    expect(frame).toEqual({ ...about, ...(retryAfter !== undefined && { retryAfter }) });
    expect(await socket.untilClosed()).toEqual({ code: closeCode(code), reason: code });
  },
);

test.each([
  ["too_large", (_: string, line: ClientSocket) => line.sendText(tooLarge)],
  ["erased", erase],
] as const)("[C1] a plain connection that ends with %s has this word in the close", async (code, how) => {
  const user = fresh("alice");
  const line = await plain(user);
  await how(user, line);
  expect(await nextFrame(line)).toMatchObject({ sender: "system", code });
  expect(await line.untilClosed()).toEqual({ code: closeCode(code), reason: code });
});

test("[C1][D4] an upgrade that fails in the mailbox ends with the word internal in closing and in the close", async () => {
  const failing = vi.spyOn(Mailbox.prototype, "fetch").mockRejectedValueOnce(new Error("away"));
  const line = socketOf(await upgrade(`/client/${fresh("alice")}?device=phone`, "restante.v1"));
  failing.mockRestore();
  expect(await nextFrame(line)).toMatchObject({ type: "closing", code: 1011, reason: "internal" });
  expect(await line.untilClosed()).toEqual({ code: 1011, reason: "internal" });
});
