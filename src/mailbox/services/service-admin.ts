// What operators do with a service account: create, inspect, grant and revoke tokens, set a webhook, end. Each call is one transaction.
import { ACCESSES } from "../../protocol/limits.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import { accessIdOf, type NewAccess, type Service } from "../../protocol/service.ts";
import type { ServiceOrder, WebhookState } from "../../protocol/service.ts";
import type { CallResult } from "../../protocol/caller.ts";
import { checkBeginning } from "../access/check-beginning.ts";
import { isEnded, isService } from "../access/service-tokens.ts";
import type { MailboxContext } from "../context.ts";
import type { AccessRow } from "../log/accounts/service-rows.ts";
import { setWebhook } from "./webhook.ts";

/** Does what an operator wants, and tells how the service is then. */
export function administerService(context: MailboxContext, order: ServiceOrder): CallResult<Service> {
  const no = order.is === "create" ? create(context, order.token) : change(context, order);
  return no === null ? { value: described(context) } : { refused: no };
}

function create(context: MailboxContext, token: NewAccess): Refusal | null {
  if (isService(context) && !isEnded(context)) return refusal("name_taken", "there is a service of this name");
  if (!isService(context) && isUsed(context)) return refusal("name_taken");
  const no = checkBeginning(context);
  if (no !== null) return no;
  context.log.ensureCreated(context.user);
  context.log.account.service.create(Date.now());
  return grant(context, token);
}

function change(context: MailboxContext, order: Exclude<ServiceOrder, { readonly is: "create" }>): Refusal | null {
  if (!isService(context) || isEnded(context)) return refusal("not_found", "there is no service of this name");
  switch (order.is) {
    case "show":
      return null;
    case "grant":
      return grant(context, order.token);
    case "revoke":
      return revoke(context, order.id);
    case "hook": {
      const why = setWebhook(context, order.url, order.secret);
      if (why === null) context.webhook.reset();
      return why === null ? null : { ...refusal("bad_frame", `url: ${why}`), field: "url" };
    }
    case "unhook":
      if (context.log.account.service.webhook.row === null) return refusal("not_found", "there is no webhook");
      context.log.account.service.webhook.remove();
      context.webhook.reset();
      return null;
    case "end":
      if (context.log.account.service.webhook.row !== null) context.webhook.reset();
      context.log.account.service.end(Date.now());
      return null;
    default:
      return order satisfies never;
  }
}

function grant(context: MailboxContext, { hash, label, scopes }: NewAccess): Refusal | null {
  const { service } = context.log.account;
  if (service.all().length >= ACCESSES) return refusal("forbidden", `a service has at most ${ACCESSES} tokens`);
  const now = Date.now();
  service.add({ hash, label, scopes: [...new Set(scopes)], created: now, seen: now });
  return null;
}

function revoke(context: MailboxContext, id: string): Refusal | null {
  const { service } = context.log.account;
  const row = service.all().find((one) => idOf(one) === id);
  if (row === undefined) return refusal("not_found", "there is no such token");
  service.remove(row);
  return null;
}

/** Whether it is somebody's: claimed, opened, or written from. Mail that waits for nobody yet makes it nobody's. */
function isUsed(context: MailboxContext): boolean {
  const { log } = context;
  if (log.erased || log.account.account !== null || context.sockets.size > 0) return true;
  return log.row !== null && (log.row.trimmed > 0 || log.devices.some || log.conversations.hasSent);
}

function described(context: MailboxContext): Service {
  const { service } = context.log.account;
  const tokens = service.all().map((row) => {
    const { label, scopes, created, seen } = row;
    return { id: idOf(row), label, scopes, created, seen };
  });
  return { userName: context.user, created: service.row?.created ?? 0, tokens, webhook: webhookOf(context) };
}

function webhookOf(context: MailboxContext): WebhookState | null {
  const { row } = context.log.account.service.webhook;
  if (row === null) return null;
  const { url, created, failing, tries, due, disabled } = row;
  return {
    url,
    created,
    failing: failing || null,
    tries,
    due: disabled > 0 ? null : due || null,
    disabled: disabled || null,
  };
}

function idOf({ hash }: AccessRow): string {
  return accessIdOf(hash);
}
