// Clients of a scripted mailbox on the same records, one after the other, each of which ends without a word.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Restante } from "../../src/client/connect.ts";
import { nodeStore } from "../../src/node/node-store.ts";
import { Disk } from "./disk.ts";
import { advance, link, newClient } from "./scripted.ts";

/** A folder for one test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "restante-restarts-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** The store writes in later turns of the event loop. */
export async function written(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await advance(1);
}

/** Clients on the same records, one after the other. */
export type Mount = () => Promise<{ me: Restante; end: () => Promise<void> }>;

export function onFile(folder: string): Mount {
  return async () => {
    const store = nodeStore(join(folder, "alice.db"));
    const me = await newClient({ store });
    return { me, end: () => store.close() };
  };
}

function onDisk(): Mount {
  const disk = new Disk();
  return async () => {
    const store = disk.store(async () => undefined);
    const me = await newClient({ store });
    return { me, end: async () => void (store.gone = true) };
  };
}

export async function connected(mount: Mount, more: Record<string, unknown> = {}): Promise<Awaited<ReturnType<Mount>>> {
  const mounted = await mount();
  await written();
  await link().welcome(more);
  await written();
  await link().sent();
  return mounted;
}

export const stores: [name: string, mount: (folder: string) => Mount][] = [
  ["the store of Node.js", onFile],
  ["a store without an index of keys", onDisk],
];
