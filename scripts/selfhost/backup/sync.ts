// Writes files to the disk that the system has in memory.
import { open } from "node:fs/promises";

/** Files at once: file systems write what is asked for together with one flush of the disk. */
const AT_ONCE = 16;

/** Waits until the files and folders are on the disk. */
export async function syncAll(paths: readonly string[]): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let path = paths[next++]; path !== undefined; path = paths[next++]) {
      const file = await open(path, "r");
      try {
        await file.sync();
      } finally {
        await file.close();
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
