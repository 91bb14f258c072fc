// Everything that waits for an HTTP answer takes `{ signal, timeoutMs }` as its last argument. The methods are found in
// the SDK itself: one that is missing here fails.
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { Account, People } from "../../src/client/account.ts";
import { Client } from "../../src/client/client.ts";
import * as sdk from "../../src/client/connect.ts";
import { advance, fromBob, link, newClient, playNetwork, settle } from "./scripted.ts";

beforeEach(playNetwork);

/** What a call is made with. */
interface Called {
  readonly me: sdk.Restante;
  readonly message: sdk.Message;
  readonly options: sdk.RequestOptions;
}

type Call = (called: Called) => Promise<unknown>;

const URL_OF_SERVER = "http://mailbox.test";
const CODE = { userName: "alice", code: "ABCD" };

const FUNCTIONS: Readonly<Record<string, Call>> = {
  entranceOf: ({ options }) => sdk.entranceOf(URL_OF_SERVER, options),
  signedInAs: ({ options }) => sdk.signedInAs(URL_OF_SERVER, options),
  claim: ({ options }) => sdk.claim(URL_OF_SERVER, { userName: "alice" }, options),
  isNameFree: ({ options }) => sdk.isNameFree(URL_OF_SERVER, { userName: "alice" }, options),
  signIn: ({ options }) => sdk.signIn(URL_OF_SERVER, CODE, options),
  signInWithPasskey: ({ options }) => sdk.signInWithPasskey(URL_OF_SERVER, { userName: "alice" }, options),
  signOut: ({ options }) => sdk.signOut(URL_OF_SERVER, { userName: "alice" }, options),
};

const ACCOUNT: Readonly<Record<string, Call>> = {
  devices: ({ me, options }) => me.account.devices(options),
  signOutDevice: ({ me, options }) => me.account.signOutDevice("d1", options),
  signOutOthers: ({ me, options }) => me.account.signOutOthers(options),
  prove: ({ me, options }) => me.account.prove("ABCD", options),
  proveWithPasskey: ({ me, options }) => me.account.proveWithPasskey(options),
  signOut: ({ me, options }) => me.account.signOut(options),
  addPasskey: ({ me, options }) => me.account.addPasskey(undefined, options),
  passkeys: ({ me, options }) => me.account.passkeys(options),
  removePasskey: ({ me, options }) => me.account.removePasskey("p1", options),
  settings: ({ me, options }) => me.account.settings(options),
  change: ({ me, options }) => me.account.change({ receipts: false }, options),
  erase: ({ me, options }) => me.account.erase(options),
  linkCode: ({ me, options }) => me.account.linkCode(options),
  recoveryCode: ({ me, options }) => me.account.recoveryCode(options),
};

const PEOPLE: Readonly<Record<string, Call>> = {
  accept: ({ me, options }) => me.people.accept("bob", options),
  block: ({ me, options }) => me.people.block("bob", options),
  unblock: ({ me, options }) => me.people.unblock("bob", options),
  blocked: ({ me, options }) => me.people.blocked(options),
};

const CLIENT: Readonly<Record<string, Call>> = {
  configure: ({ me, options }) => me.configure("bob", { pinned: true }, options),
  clear: ({ me, options }) => me.clear("bob", options),
  remove: ({ me, message, options }) => me.remove(message, options),
};

const PROFILE: Readonly<Record<string, Call>> = {
  change: ({ me, options }) => me.profile.change({ displayName: "Alice" }, options),
};

const EVERY_CALL = Object.entries({
  "": FUNCTIONS,
  "me.account.": ACCOUNT,
  "me.people.": PEOPLE,
  "me.": CLIENT,
  "me.profile.": PROFILE,
}).flatMap(([owner, calls]) => Object.entries(calls).map(([name, call]) => [`${owner}${name}`, call] as const));

/** They ask no server: they answer at once, or wait for the store alone. */
const WITHOUT_REQUEST = {
  sdk: [
    "Refused",
    "RestanteError",
    "browserStore",
    "connect",
    "memoryStore",
    "nameOf",
    "problemOfBody",
    "problemOfName",
  ],
  client: ["send", "resend", "discard", "read", "typing", "retry", "check", "close"],
};

const functionsOf = (owner: object) =>
  Object.entries(Object.getOwnPropertyDescriptors(owner)).flatMap(([name, { value, get }]) =>
    name !== "constructor" && typeof (value ?? get?.call(owner)) === "function" ? [name] : [],
  );

test("each function and method of the SDK that asks the server is in the table of calls that can be aborted", async () => {
  const me = await newClient();
  const tables: readonly (readonly [object, object, readonly string[]])[] = [
    [sdk, FUNCTIONS, WITHOUT_REQUEST.sdk],
    [Account.prototype, ACCOUNT, []],
    [People.prototype, PEOPLE, []],
    [Client.prototype, CLIENT, WITHOUT_REQUEST.client],
    [me.profile, PROFILE, []],
  ];
  for (const [owner, table, others] of tables)
    expect(functionsOf(owner).toSorted()).toEqual([...Object.keys(table), ...others].toSorted());
});

const errorOf = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);

/** A server that answers no request, and a client with a message in its log. */
async function silentServer() {
  const requests: RequestInit[] = [];
  const silent: typeof fetch = (_address, init = {}) => {
    requests.push(init);
    return new Promise<never>(() => undefined);
  };
  const me = await newClient({ fetch: silent });
  await link().welcome();
  await link().deliver(fromBob(1));
  const message = me.conversations.value[0]?.last as sdk.Message;
  return {
    requests,
    called: (wait: sdk.WaitOptions): Called => ({ me, message, options: { ...wait, fetch: silent } }),
  };
}

test.each(EVERY_CALL)("%s() ends with the reason of its signal, and so does the request", async (_name, call) => {
  const { requests, called } = await silentServer();
  const abort = new AbortController();
  const ended = errorOf(call(called({ signal: abort.signal })));
  await settle();
  expect(requests.map(({ signal }) => signal?.aborted)).toEqual([false]);
  const reason = new Error("the page was left");
  abort.abort(reason);
  expect(await ended).toBe(reason);
  expect(requests.map(({ signal }) => signal?.aborted)).toEqual([true]);
  expect(await errorOf(call(called({ signal: abort.signal })))).toBe(reason);
  expect(requests).toHaveLength(1);
});

test.each(EVERY_CALL)(
  "%s() ends after its time with the code `timeout`, and after 30 s without one",
  async (_name, call) => {
    const { requests, called } = await silentServer();
    const late = vi.fn<(error: unknown) => void>();
    void errorOf(call(called({ timeoutMs: 5_000 }))).then(late);
    await advance(4_999);
    expect(late).not.toHaveBeenCalled();
    await advance(1);
    expect(late).toHaveBeenCalledWith(expect.objectContaining({ name: "RestanteError", code: "timeout" }));
    const unlimited = errorOf(call(called({})));
    await advance(30_000);
    expect(await unlimited).toMatchObject({ name: "RestanteError", code: "timeout" });
    expect(requests.map(({ signal }) => signal?.aborted)).toEqual([true, true]);
  },
);

test.each([
  ["a token function", { token: () => new Promise<string>(() => undefined) }],
  ["a `fetch` that passes over signals", { fetch: (() => new Promise<never>(() => undefined)) as typeof fetch }],
])("a request that waits for %s ends with its signal too, with the signal's reason", async (_what, options) => {
  const me = await newClient(options);
  const abort = new AbortController();
  const ended = errorOf(me.account.devices({ signal: abort.signal }));
  await settle();
  abort.abort("gone");
  expect(await ended).toBe("gone");
});

test.each(["signInWithPasskey", "me.account.proveWithPasskey", "me.account.addPasskey"])(
  "%s() ends the browser's dialog with its signal, and its time counts from the call on",
  async (name) => {
    const dialogs: (AbortSignal | undefined)[] = [];
    const dialog = ({ signal }: CredentialRequestOptions) => {
      dialogs.push(signal);
      return new Promise<never>(() => undefined);
    };
    const read = { parseRequestOptionsFromJSON: () => ({}), parseCreationOptionsFromJSON: () => ({}) };
    vi.stubGlobal("PublicKeyCredential", read);
    vi.stubGlobal("navigator", { credentials: { get: dialog, create: dialog } });
    onTestFinished(() => void vi.unstubAllGlobals());
    const slow: typeof fetch = async () => {
      await new Promise((done) => setTimeout(done, 3_000));
      return Response.json({});
    };
    const me = await newClient({ fetch: slow });
    const call = EVERY_CALL.find(([one]) => one === name)?.[1] as Call;
    const message = {} as sdk.Message;
    const abort = new AbortController();
    const ended = errorOf(call({ me, message, options: { fetch: slow, signal: abort.signal } }));
    await advance(3_000);
    abort.abort("gone");
    expect(await ended).toBe("gone");
    const late = errorOf(call({ me, message, options: { fetch: slow, timeoutMs: 5_000 } }));
    await advance(5_000);
    expect(await late).toMatchObject({ code: "timeout" });
    expect(dialogs.map((signal) => signal?.aborted)).toEqual([true, true]);
  },
);
