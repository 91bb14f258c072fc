// What operators do with a service account: create, show, grant and revoke tokens, set a webhook, end. Each order is
// one transaction.
import type { CallResult } from "../../protocol/caller.ts";
import { MAX_SERVICE_TOKENS } from "../../protocol/limits.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import { tokenIdOf, type NewServiceToken, type ServiceAccount } from "../../protocol/service.ts";
import type { ServiceOrder, WebhookState } from "../../protocol/service.ts";
import { checkBeginning } from "../access/check-beginning.ts";
import { isEnded, isService } from "../access/service-tokens.ts";
import type { MailboxContext } from "../instance/context.ts";
import { setWebhook } from "./webhook.ts";

/** Runs an order. The result is the service account after it. */
export function administerService(context: MailboxContext, order: ServiceOrder): CallResult<ServiceAccount> {
  const refused = order.is === "create" ? create(context, order.token) : change(context, order);
  return refused === null ? { value: serviceOf(context) } : { refused };
}

function create(context: MailboxContext, token: NewServiceToken): Refusal | null {
  if (isService(context) && !isEnded(context)) return refusal("name_taken", "there is a service of this name");
  if (!isService(context) && isUsed(context)) return refusal("name_taken");
  const refused = checkBeginning(context);
  if (refused !== null) return refused;
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
    case "hook":
      return hook(context, order.url, order.secret);
    case "unhook":
      return unhook(context);
    case "end":
      return end(context);
    default:
      return order satisfies never;
  }
}

function grant(context: MailboxContext, { hash, label, scopes }: NewServiceToken): Refusal | null {
  const { service } = context.log.account;
  if (service.tokens().length >= MAX_SERVICE_TOKENS)
    return refusal("forbidden", `a service has at most ${MAX_SERVICE_TOKENS} tokens`);
  const now = Date.now();
  service.addToken({ hash, label, scopes: [...new Set(scopes)], created: now, seen: now });
  return null;
}

function revoke(context: MailboxContext, id: string): Refusal | null {
  const { service } = context.log.account;
  const row = service.tokens().find(({ hash }) => tokenIdOf(hash) === id);
  if (row === undefined) return refusal("not_found", "there is no such token");
  service.removeToken(row);
  return null;
}

function hook(context: MailboxContext, url: string, secret: string): Refusal | null {
  const why = setWebhook(context, url, secret);
  if (why !== null) return { ...refusal("bad_frame", `url: ${why}`), field: "url" };
  context.webhook.reset();
  return null;
}

function unhook(context: MailboxContext): Refusal | null {
  const { webhook } = context.log.account.service;
  if (webhook.row === null) return refusal("not_found", "there is no webhook");
  webhook.remove();
  context.webhook.reset();
  return null;
}

function end(context: MailboxContext): null {
  const { service } = context.log.account;
  if (service.webhook.row !== null) context.webhook.reset();
  service.end(Date.now());
  return null;
}

/** Whether the mailbox is in use: it was claimed, opened, or sent from. Received messages alone don't count. */
function isUsed(context: MailboxContext): boolean {
  const { log } = context;
  if (log.isErased || log.account.account !== null || context.sockets.size > 0) return true;
  return log.row !== null && (log.row.trimmed > 0 || log.devices.hasAny || log.conversations.hasSent);
}

function serviceOf(context: MailboxContext): ServiceAccount {
  const { service } = context.log.account;
  const tokens = service.tokens().map(({ hash, label, scopes, created, seen }) => {
    return { id: tokenIdOf(hash), label, scopes, created, seen };
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
