// Removes empty databases. Bare workerd creates a file for each object that is called, even if nothing is written: one
// page without a table. Answers: requests for invented names that fill the disk and use up its inodes.
import { closeSync, existsSync, openSync, readdirSync, readSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

/** Bytes of an empty database's only page. */
const PAGE = 4_096;

/** An object's database is named by its id. workerd's other files have other names. */
const NAME = /^[0-9a-f]{64}\.sqlite$/;

/** Removes empty databases; returns how many. Only while no server runs on the folder. */
export function sweep(folder) {
  let removed = 0;
  for (const kind of readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    for (const name of readdirSync(join(folder, kind.name)).filter((one) => NAME.test(one))) {
      const file = join(folder, kind.name, name);
      if (!isEmpty(file)) continue;
      // The database last: if this is interrupted, the next sweep removes the rest.
      for (const end of ["-wal", "-shm", "-journal", ""]) rmSync(`${file}${end}`, { force: true });
      removed++;
    }
  }
  return removed;
}

/**
 * Whether a database has no table, and no log or journal that may contain one. In doubt, false.
 *
 * @param {string} file
 * @returns {boolean}
 */
export function isEmpty(file) {
  const sizeOf = (path) => (existsSync(path) ? statSync(path).size : 0);
  if (sizeOf(file) !== PAGE || sizeOf(`${file}-wal`) > 0 || sizeOf(`${file}-journal`) > 0) return false;
  const page = Buffer.alloc(PAGE);
  const fd = openSync(file, "r");
  try {
    if (readSync(fd, page, 0, PAGE, 0) !== PAGE) return false;
  } finally {
    closeSync(fd);
  }
  // https://www.sqlite.org/fileformat.html: the header, then the root of sqlite_schema, which is a leaf without a cell.
  const isDatabase = page.subarray(0, 16).equals(Buffer.from("SQLite format 3\0")) && page.readUInt16BE(16) === PAGE;
  const isOnePage = page.readUInt32BE(28) === 1 && page.readUInt32BE(36) === 0;
  const isLeafWithoutCells = page[100] === 0x0d && page.readUInt16BE(101) === 0 && page.readUInt16BE(103) === 0;
  return isDatabase && isOnePage && isLeafWithoutCells;
}
