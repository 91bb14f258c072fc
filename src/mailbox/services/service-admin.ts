// What operators do with a service account: create, inspect, grant and revoke tokens, set a webhook, end. Each call is one transaction.
import { ACCESSES } from "../../protocol/limits.ts";
import { type Refusal, refusal } from "../../protocol/refusals.ts";
import { accessIdOf, type NewAccess, type Service } from "../../protocol/service.ts";
import type { ServiceOrder, WebhookState } from "../../protocol/service.ts";
import type { Answer } from "../../protocol/caller.ts";
import { objectionToBeginning } from "../access/check-beginning.ts";
import { isEnded, isService } from "../access/service-tokens.ts";
import type { Box } from "../context.ts";
import type { AccessRow } from "../log/service-rows.ts";
import { hook } from "./webhook.ts";

/** Does what an operator wants, and tells how the service is then. */
export function serve(box: Box, order: ServiceOrder): Answer<Service> {
  const no = order.is === "create" ? create(box, order.token) : change(box, order);
  return no === null ? { value: described(box) } : { refused: no };
}

function create(box: Box, token: NewAccess): Refusal | null {
  if (isService(box) && !isEnded(box)) return refusal("name_taken", "there is a service of this name");
  if (!isService(box) && isUsed(box)) return refusal("name_taken");
  const no = objectionToBeginning(box);
  if (no !== null) return no;
  box.log.found(box.user);
  box.log.account.service.create(Date.now());
  return grant(box, token);
}

function change(box: Box, order: Exclude<ServiceOrder, { readonly is: "create" }>): Refusal | null {
  if (!isService(box) || isEnded(box)) return refusal("not_found", "there is no service of this name");
  switch (order.is) {
    case "show":
      return null;
    case "grant":
      return grant(box, order.token);
    case "revoke":
      return revoke(box, order.id);
    case "hook": {
      const why = hook(box, order.url, order.secret);
      if (why === null) box.webhook.reset();
      return why === null ? null : { ...refusal("bad_frame", `url: ${why}`), field: "url" };
    }
    case "unhook":
      if (box.log.account.service.webhook.row === null) return refusal("not_found", "there is no webhook");
      box.log.account.service.webhook.remove();
      box.webhook.reset();
      return null;
    case "end":
      if (box.log.account.service.webhook.row !== null) box.webhook.reset();
      box.log.account.service.end(Date.now());
      return null;
    default:
      return order satisfies never;
  }
}

function grant(box: Box, { hash, label, scopes }: NewAccess): Refusal | null {
  const { service } = box.log.account;
  if (service.all().length >= ACCESSES) return refusal("forbidden", `a service has at most ${ACCESSES} tokens`);
  const now = Date.now();
  service.add({ hash, label, scopes: [...new Set(scopes)], created: now, seen: now });
  return null;
}

function revoke(box: Box, id: string): Refusal | null {
  const { service } = box.log.account;
  const row = service.all().find((one) => idOf(one) === id);
  if (row === undefined) return refusal("not_found", "there is no such token");
  service.remove(row);
  return null;
}

/** Whether it is somebody's: claimed, opened, or written from. Mail that waits for nobody yet makes it nobody's. */
function isUsed(box: Box): boolean {
  const { log } = box;
  if (log.erased || log.account.account !== null || box.sockets.size > 0) return true;
  return log.life !== null && (log.life.trimmed > 0 || log.devices.some || log.history.hasSent);
}

function described(box: Box): Service {
  const { service } = box.log.account;
  const tokens = service.all().map((row) => {
    const { label, scopes, created, seen } = row;
    return { id: idOf(row), label, scopes, created, seen };
  });
  return { userName: box.user, created: service.row?.created ?? 0, tokens, webhook: webhookOf(box) };
}

function webhookOf(box: Box): WebhookState | null {
  const { row } = box.log.account.service.webhook;
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
