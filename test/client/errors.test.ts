// The errors that an application can catch: their names in minified code, their codes, and the HTTP status.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { inspect } from "node:util";
import { build } from "esbuild";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { entranceOf, Refused, RestanteError, signedInAs, signIn } from "../../src/client/connect.ts";
import { advance, newClient, playNetwork } from "./scripted.ts";

beforeEach(playNetwork);

const URL = "http://mailbox.test";
const answering = (response: () => Response | Promise<Response>) => ({ fetch: async () => response() });

test("the errors keep their names in minified code, also in their stacks", async () => {
  const folder = mkdtempSync(join(tmpdir(), "restante-errors-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const outfile = join(folder, "restante.mjs");
  const entry = resolve(import.meta.dirname, "../../src/client/connect.ts");
  await build({ entryPoints: [entry], outfile, bundle: true, minify: true, format: "esm", target: "es2022" });
  const sdk = (await import(/* @vite-ignore */ outfile)) as typeof import("../../src/client/connect.ts");
  const problem = answering(() => Response.json({ code: "name_taken", message: "Taken." }, { status: 409 }));
  const refused: unknown = await sdk.claim(URL, { userName: "alice" }, problem).catch((error: unknown) => error);
  if (!(refused instanceof sdk.Refused)) throw new Error("it is another error");
  expect(String(refused)).toBe("Refused: Taken.");
  expect(refused.stack).toMatch(/^Refused: Taken\./);
  expect(inspect(refused)).toMatch(/^Refused: Taken\./);
  expect(refused).toBeInstanceOf(sdk.RestanteError);
  expect({ ...refused, name: refused.name }).toEqual({
    name: "Refused",
    code: "name_taken",
    status: 409,
    retryAfter: null,
  });
  expect(new sdk.RestanteError("timeout", "Late.").stack).toMatch(/^RestanteError: Late\./);
});

test.each([
  ["an error of a proxy", 502, "<html>Bad gateway</html>"],
  ["the page of another server", 404, "Not found"],
  ["JSON of another form", 500, '{"error":"broken"}'],
])("[O2] an answer without a problem document rejects with its status and a sentence: %s", async (_, status, text) => {
  const failed = entranceOf(
    URL,
    answering(() => new Response(text, { status })),
  );
  await expect(failed).rejects.toBeInstanceOf(RestanteError);
  await expect(failed).rejects.not.toBeInstanceOf(Refused);
  await expect(failed).rejects.toMatchObject({ code: "bad_answer", status });
  await expect(failed).rejects.toThrow(`The server answered with the status ${status}`);
  // It says nothing of who is signed in.
  await expect(
    signedInAs(
      URL,
      answering(() => new Response(text, { status })),
    ),
  ).rejects.toMatchObject({ status });
});

const refusing = (code: string, status: number) =>
  answering(() => Response.json({ code, message: `${code}.` }, { status }));

test.each([
  ["unauthorized", 401],
  ["forbidden", 403],
  ["erased", 410],
])("nobody is signed in where the server refuses the caller: %s", async (code, status) => {
  expect(await signedInAs(URL, refusing(code, status))).toBe(null);
});

test.each([
  ["suspended", 403],
  ["forbidden_origin", 403],
  ["rate_limited", 429],
  ["internal", 500],
])("a refusal that does not say who is signed in rejects: %s", async (code, status) => {
  await expect(signedInAs(URL, refusing(code, status))).rejects.toMatchObject({ name: "Refused", code, status });
});

test("an answer of another form rejects with the code bad_answer", async () => {
  const other = answering(() => Response.json({ auth: 7 }));
  const { account, people } = await newClient(other);
  for (const failed of [entranceOf(URL, other), account.devices(), account.passkeys(), people.blocked()])
    await expect(failed).rejects.toMatchObject({ code: "bad_answer", message: "The server's answer can't be read." });
});

test("where the server can't be reached, the error has a code and the cause", async () => {
  const cause = new TypeError("fetch failed");
  const failed = signIn(
    URL,
    { userName: "alice", code: "1" },
    answering(() => Promise.reject(cause)),
  );
  await expect(failed).rejects.toMatchObject({ name: "RestanteError", code: "unreachable", cause });
});

test("a request without an answer ends after 30 s, or at the time of the options, and is aborted", async () => {
  const signals: (AbortSignal | null | undefined)[] = [];
  const fetch: typeof globalThis.fetch = (_, init) => {
    signals.push(init?.signal);
    return new Promise(() => undefined);
  };
  const me = await newClient({ fetch, timing: { requestMs: 2_000 } });
  const [slow, short] = [entranceOf(URL, { fetch }), me.people.blocked()].map((asked) =>
    asked.catch((error: unknown) => error),
  );
  await advance(2_000);
  expect(await short).toMatchObject({ code: "timeout", message: "There was no answer within 2000 ms." });
  await advance(27_999);
  expect(signals.map((signal) => signal?.aborted)).toEqual([false, true]);
  await advance(1);
  expect(await slow).toMatchObject({ code: "timeout" });
  expect(signals.map((signal) => signal?.aborted)).toEqual([true, true]);
});

test("a signal ends a request with its reason", async () => {
  const abort = new AbortController();
  const reason = new Error("the page was left");
  const fetch = vi.fn<typeof globalThis.fetch>(() => new Promise(() => undefined));
  const failed = entranceOf(URL, { fetch, signal: abort.signal });
  await Promise.resolve();
  abort.abort(reason);
  await expect(failed).rejects.toBe(reason);
  await expect(entranceOf(URL, { fetch, signal: abort.signal })).rejects.toBe(reason);
});
