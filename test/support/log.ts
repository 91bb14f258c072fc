// A log by itself, in the storage of an object of its own.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { Log } from "../../src/mailbox/log/log.ts";
import { fresh } from "./devices.ts";

/** Does something with alice's log, which has just begun. */
export function inLog(act: (log: Log, sql: SqlStorage) => void): Promise<void> {
  return runInDurableObject(env.MAILBOX.getByName(fresh("alice")), (_, { storage: { sql } }) => {
    const log = new Log(sql);
    log.ensureCreated("alice");
    act(log, sql);
  });
}
