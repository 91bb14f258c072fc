// How much has to be free on the disk of a self-hosted server.
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { type Disk, hasRoom, isFull, limitOf, readDisk } from "../../scripts/selfhost/disk.ts";

const disk = (parts: Partial<Disk>): Disk => ({ free: 1e12, size: 2e12, freeFiles: 1e6, files: 2e6, ...parts });

test("64 MB have to be free, or 5 % of a smaller disk, or what the operator says", () => {
  expect(limitOf(disk({}), null)).toBe(64_000_000);
  expect(limitOf(disk({ size: 80_000_000 }), null)).toBe(4_000_000);
  expect(limitOf(disk({ size: 80_000_000 }), 10)).toBe(10);
  for (const [free, full, room] of [
    [63_999_999, true, false],
    [64_000_000, false, false],
    [96_000_000, false, true],
  ] as const)
    expect([isFull(disk({ free }), null), hasRoom(disk({ free }), null)], String(free)).toEqual([full, room]);
});

test("too few files that can be made are a full disk, where their number is limited", () => {
  expect(isFull(disk({ freeFiles: 999 }), null)).toBe(true);
  expect(isFull(disk({ freeFiles: 1_000 }), null)).toBe(false);
  expect(isFull(disk({ freeFiles: 250, files: 20_000 }), null)).toBe(false);
  expect(isFull(disk({ freeFiles: 0, files: 0 }), null)).toBe(false);
});

test("a disk that does not say its size is not full", async () => {
  expect(isFull(await readDisk("/nowhere"), null)).toBe(false);
  expect(isFull(await readDisk("/nowhere"), 1e15)).toBe(false);
  const real = await readDisk(tmpdir());
  expect(real.size).toBeGreaterThan(real.free);
});
