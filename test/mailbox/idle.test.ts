// An idle hour costs nothing: a thousand sockets send an hour's pings, and no mailbox wakes, sets an alarm or writes a
// row.
import { env } from "cloudflare:workers";
import { evictAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { Mailbox } from "../../src/mailbox/mailbox.ts";
import { counters } from "../../src/protocol/counters.ts";
import { fresh, open } from "../support/devices.ts";
import type { Device } from "../support/client-socket.ts";

const SOCKETS = 1_000;
/** Of an hour: one every 20 s. */
const PINGS = 180;

/** All rows of a mailbox, and its alarm. */
function storedOf(name: string): Promise<string> {
  return runInDurableObject(env.MAILBOX.getByName(name), async (_, { storage }) => {
    const tables = storage.sql.exec<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'").toArray();
    const rows = tables.map(({ name: table }) => storage.sql.exec(`SELECT * FROM "${table}"`).toArray());
    return JSON.stringify([tables, rows, await storage.getAlarm()]);
  });
}

test(
  "[F6] a thousand sockets that only ping for an hour wake no mailbox, set no alarm and write no row",
  { timeout: 120_000 },
  async () => {
    const users: string[] = [];
    const devices: Device[] = [];
    for (let i = 0; i < SOCKETS / 2; i++) {
      const user = fresh("idle");
      users.push(user);
      const [phone, laptop] = [await open(user, "phone"), await open(user, "laptop")];
      devices.push(phone, laptop);
      // Some have a history, others have only been opened.
      if (i % 5 > 0) continue;
      laptop.send({ type: "send", id: 1, to: user, body: "a note" });
      await laptop.take("message", 1);
      await phone.until("message");
    }
    const sample = users.filter((_, i) => i % 10 < 6);
    await evictAllDurableObjects({ webSockets: "hibernate" });
    const before = await Promise.all(sample.map(storedOf));
    expect(before.filter((stored) => stored.includes("a note")).length).toBeGreaterThan(50);
    await evictAllDurableObjects({ webSockets: "hibernate" });

    const { wakes } = counters;
    const events = (["fetch", "webSocketMessage", "webSocketClose", "webSocketError", "alarm"] as const).map((event) =>
      vi.spyOn(Mailbox.prototype, event),
    );
    for (const { socket: line } of devices) {
      for (let n = 0; n < PINGS; n++) line.sendText("ping");
      for (let n = 0; n < PINGS; n++) expect(await line.text()).toBe("pong");
    }
    for (const event of events) expect(event).not.toHaveBeenCalled();
    expect(counters.wakes).toBe(wakes);
    vi.restoreAllMocks();
    expect(await Promise.all(sample.map(storedOf))).toEqual(before);
    // The sockets were open all the time, and a frame wakes one.
    expect(await devices[0]?.settled()).toEqual([]);
    expect(counters.wakes).toBe(wakes + 1);
  },
);
