// Mailboxes of older code, under names that are not allowed any more.
import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { hashOf, newToken } from "../../src/identity/token.ts";
import { Log } from "../../src/mailbox/log/log.ts";

/** Creates a mailbox under any name, with a device's token if it is `claimed`. */
export async function createOldMailbox(
  userName: string,
  claimed: boolean,
): Promise<{ userName: string; token: string }> {
  const token = await newToken(userName, null);
  const hash = await hashOf(token);
  const mailbox = env.MAILBOX.getByName(userName);
  await runInDurableObject(mailbox, (_, state) => {
    const log = new Log(state.storage.sql);
    log.ensureCreated(userName);
    if (claimed) {
      log.account.claim({ recovery: "", recoveryBy: "", secret: "" }, Date.now());
      log.account.addToken({ hash, label: "", created: Date.now(), seen: Date.now(), proved: 0 });
    }
    log.flush(() => null);
  });
  await evictDurableObject(mailbox);
  return { userName, token };
}
