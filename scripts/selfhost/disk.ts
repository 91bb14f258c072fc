// The file system of the state folder: what is free on it, and whether that is too little to serve from. Room for files
// (inodes) counts as room for bytes does.
import { statfs } from "node:fs/promises";

export interface Disk {
  /** Bytes that this user may still write; what is reserved for root does not count. */
  readonly free: number;
  readonly size: number;
  readonly freeFiles: number;
  /** The most files that it can have; 0 where it has no such limit. */
  readonly files: number;
}

/** Of a file system that does not say it, the size is 0. */
export async function readDisk(path: string): Promise<Disk> {
  try {
    const { bavail, blocks, bsize, ffree, files } = await statfs(path);
    return { free: bavail * bsize, size: blocks * bsize, freeFiles: ffree, files };
  } catch {
    return { free: 0, size: 0, freeFiles: 0, files: 0 };
  }
}

/**
 * Free bytes below which nothing is served: 64 MB, and 5 % of a smaller disk. The check runs every 200 ms, and the
 * server writes some MB in that time at most.
 */
const MIN_FREE_BYTES = 64_000_000;
const MIN_FREE_SHARE = 0.05;

/** A mailbox that is opened needs up to three files. */
const MIN_FREE_FILES = 1_000;
const MIN_FREE_FILES_SHARE = 0.01;

/** After a full disk there has to be this much more than the limit. Answers: a server that starts and stops by turns. */
const ROOM_FACTOR = 1.5;

/** What has to be free on this disk. `minFree`: bytes, or null for the default. */
export function limitOf({ size }: Disk, minFree: number | null): number {
  return minFree ?? Math.min(MIN_FREE_BYTES, size * MIN_FREE_SHARE);
}

/** Whether less is free than has to be. A file system that does not say its size is never full. */
export function isFull(disk: Disk, minFree: number | null): boolean {
  return isBelow(disk, minFree, 1);
}

/** Whether the server may start again after a full disk. */
export function hasRoom(disk: Disk, minFree: number | null): boolean {
  return !isBelow(disk, minFree, ROOM_FACTOR);
}

function isBelow(disk: Disk, minFree: number | null, factor: number): boolean {
  const { free, size, freeFiles, files } = disk;
  const filesLimit = Math.min(MIN_FREE_FILES, files * MIN_FREE_FILES_SHARE);
  return (size > 0 && free < limitOf(disk, minFree) * factor) || (files > 0 && freeFiles < filesLimit * factor);
}
