// The stores in memory and in an SQLite file hold the contract of a store; browser-store.test.ts has the one in IndexedDB.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { memoryStore } from "../../../src/client/connect.ts";
import { nodeStore } from "../../../src/node/node-store.ts";
import { CASES } from "./contract.ts";

test.each(CASES.filter(({ needs }) => needs === undefined))("in memory: $title", async ({ play, expected }) => {
  const store = memoryStore();
  expect(await play(() => store, "alice")).toEqual(expected);
});

test.each(CASES)("in an SQLite file: $title", async ({ play, expected }) => {
  const folder = mkdtempSync(join(tmpdir(), "restante-store-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  expect(await play(() => nodeStore(join(folder, "alice.db")), "alice")).toEqual(expected);
});
