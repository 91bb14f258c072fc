// A log without a mailbox, in the storage of a separate object.
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { Log } from "../../src/mailbox/log/log.ts";
import { fresh } from "./devices.ts";

/** Runs `act` with a new log of alice. */
export function withLog(act: (log: Log, sql: SqlStorage) => void): Promise<void> {
  return runInDurableObject(env.MAILBOX.getByName(fresh("alice")), (_, { storage: { sql } }) => {
    const log = new Log(sql);
    log.ensureCreated("alice");
    act(log, sql);
  });
}
