// Which tab leads: the lock, and the signs of life with which a tab that does not run loses it. The lock manager, the
// channel and the clock are test doubles; those of a browser are in browser-tabs.test.ts.
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { Tabs } from "../../src/client/tabs.ts";
import { advance, settle } from "./scripted.ts";

interface Request {
  readonly granted: () => Promise<void> | undefined;
  readonly fail: (error: Error) => void;
  readonly done: () => void;
}

/** One lock, as the Web Locks API describes it. */
class Locks {
  holder: Request | null = null;
  readonly queue: Request[] = [];

  request = (_name: string, options: LockOptions, granted: Request["granted"]) =>
    new Promise<void>((done, fail) => {
      const request = { granted, fail, done };
      if (options.steal === true) {
        this.holder?.fail(new DOMException("stolen", "AbortError"));
        return this.#grant(request);
      }
      options.signal?.addEventListener("abort", () => {
        const at = this.queue.indexOf(request);
        if (at >= 0) this.queue.splice(at, 1);
        if (at >= 0) fail(new DOMException("aborted", "AbortError"));
      });
      this.queue.push(request);
      this.#next();
    });

  #next(): void {
    const next = this.holder === null ? this.queue.shift() : undefined;
    if (next !== undefined) this.#grant(next);
  }

  #grant(request: Request): void {
    this.holder = request;
    void Promise.resolve(request.granted()).then(() => {
      request.done();
      if (this.holder !== request) return;
      this.holder = null;
      this.#next();
    });
  }
}

/** The channels of all tabs. `isStopped`: the tab does not run, and receives nothing. */
const channels = new Set<Channel>();

class Channel extends EventTarget {
  readonly name: string;
  isStopped = false;

  constructor(name: string) {
    super();
    this.name = name;
    channels.add(this);
  }

  postMessage(data: unknown): void {
    for (const other of channels) {
      if (other === this || other.name !== this.name) continue;
      queueMicrotask(() => other.isStopped || other.dispatchEvent(new MessageEvent("message", { data })));
    }
  }

  close(): void {
    channels.delete(this);
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  channels.clear();
  vi.stubGlobal("navigator", { locks: new Locks() });
  vi.stubGlobal("BroadcastChannel", Channel);
  onTestFinished(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
});

/** A tab that wants to lead, with how often it began to and lost it, and its channels. */
async function newTab() {
  const before = new Set(channels);
  const tabs = new Tabs("store");
  onTestFinished(() => tabs.close());
  const tab = { tabs, led: 0, lost: 0, failed: 0, own: [...channels].filter((channel) => !before.has(channel)) };
  const lead = () => {
    void tabs
      .lead(() => {
        tab.lost++;
        lead();
      })
      .then(
        () => tab.led++,
        () => tab.failed++,
      );
  };
  lead();
  await settle();
  return tab;
}

const HOUR_MS = 3_600_000;

test("a leader that answers leads as long as it is open, and then one other tab does", async () => {
  const [first, second, third] = [await newTab(), await newTab(), await newTab()];
  await advance(HOUR_MS);
  expect([first, second, third].map(({ led, lost }) => [led, lost])).toEqual([
    [1, 0],
    [0, 0],
    [0, 0],
  ]);
  first.tabs.close();
  await settle();
  await advance(HOUR_MS);
  expect([second, third].map(({ led, lost }) => [led, lost])).toEqual([
    [1, 0],
    [0, 0],
  ]);
});

test("a tab takes over within 30 s from a leader that does not answer, and the former leader waits behind it", async () => {
  const [first, second] = [await newTab(), await newTab()];
  await advance(HOUR_MS);
  for (const channel of first.own) channel.isStopped = true;
  await advance(13_000);
  expect(second.led).toBe(0);
  await advance(17_000);
  expect([first, second].map(({ led, lost, tabs }) => [led, lost, tabs.isLeading])).toEqual([
    [1, 1, false],
    [1, 0, true],
  ]);
  for (const channel of first.own) channel.isStopped = false;
  await advance(HOUR_MS);
  expect([first.led, second.lost]).toEqual([1, 0]);
  second.tabs.close();
  await settle();
  expect([first.led, first.tabs.isLeading]).toEqual([2, true]);
});

test("of several tabs that wait, one leads in the end when the leader does not answer", async () => {
  const tabs = [await newTab(), await newTab(), await newTab(), await newTab()];
  for (const channel of tabs[0]?.own ?? []) channel.isStopped = true;
  await advance(30_000);
  expect(tabs.map(({ tabs: { isLeading } }) => isLeading).filter(Boolean).length).toBe(1);
  for (const channel of tabs[0]?.own ?? []) channel.isStopped = false;
  await advance(30_000);
  const leading = tabs.map(({ led }) => led);
  await advance(HOUR_MS);
  expect(tabs.map(({ led }) => led)).toEqual(leading);
});

test("lead() of a tab that closes while it waits rejects, and that of a tab that has led does not", async () => {
  const [first, second] = [await newTab(), await newTab()];
  second.tabs.close();
  await settle();
  first.tabs.close();
  await settle();
  expect([first, second].map(({ led, failed }) => [led, failed])).toEqual([
    [1, 0],
    [0, 1],
  ]);
});
