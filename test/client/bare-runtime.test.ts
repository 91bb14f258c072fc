// A runtime without `crypto`, `performance`, `BroadcastChannel`, IndexedDB and `navigator`, and with the `URL` of older
// React Native: the core works.
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { accepted, advance, link, Link, links, PAUSE, playNetwork, send, settle } from "./scripted.ts";

beforeEach(playNetwork);

/** As React Native up to 0.79 has it. */
class BareURL {
  readonly href: string;

  constructor(href: string) {
    this.href = href;
  }

  get host(): string {
    throw new Error("URL.host is not implemented");
  }
}

test("without the globals of a browser a client connects, sends, receives and connects again", async () => {
  const address = URL;
  class BareLink extends Link {
    constructor(url: string, protocols: string[]) {
      vi.stubGlobal("URL", address);
      super(url, protocols);
      vi.stubGlobal("URL", BareURL);
      links.push(this);
    }
  }
  for (const name of ["crypto", "performance", "BroadcastChannel", "indexedDB", "navigator", "URLSearchParams"])
    vi.stubGlobal(name, undefined);
  vi.stubGlobal("URL", BareURL);
  vi.stubGlobal("WebSocket", BareLink);
  vi.resetModules();
  const { connect } = await import("../../src/client/connect.ts");
  const asked: string[] = [];
  const me = connect({
    url: "https://Mailbox.Test/chat",
    userName: "alice",
    fetch: async (url) => {
      asked.push(String(url));
      return Response.json([]);
    },
  });
  onTestFinished(() => me.close());
  await settle();
  expect(link().url.href).toMatch(/^wss:\/\/mailbox\.test\/chat\/client\/alice\?device=[0-9a-f]{24}&/);
  await link().welcome();
  const sent = me.send("bob", "hello");
  expect(await link().sent()).toEqual([send(1, "hello")]);
  await link().deliver(accepted(1, 11));
  expect(sent.state.value).toEqual({ is: "stored" });
  await me.people.blocked();
  expect(asked).toEqual(["https://mailbox.test/chat/api/blocks?user=alice"]);
  const { device } = link().query;
  await link().cut();
  await advance(PAUSE);
  expect([links.length, link().query["device"]]).toEqual([2, device]);
  await advance(8_000);
  expect(me.connection.value.is).toBe("waiting");
});

test("without `crypto` random names differ", async () => {
  vi.spyOn(Math, "random").mockRestore();
  vi.stubGlobal("crypto", undefined);
  vi.resetModules();
  const { newDevice } = await import("../../src/client/random-ids.ts");
  const names = Array.from({ length: 1_000 }, newDevice);
  expect(new Set(names).size).toBe(1_000);
  expect(names.every((name) => /^[0-9a-f]{24}$/.test(name))).toBe(true);
});
