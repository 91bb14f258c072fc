// Routes of service accounts, for operators.
import { z } from "@hono/zod-openapi";
import {
  createService,
  revokeService,
  grantServiceToken,
  listServices,
  revokeServiceToken,
  setServiceWebhook,
  showService,
  removeServiceWebhook,
} from "../identity/service-accounts.ts";
import { createApi, declareRoute } from "./declare-route.ts";
import { canonicalName, label, name, scopes, time } from "./schemas.ts";

const tag = "Service accounts";
const params = z.object({ userName: name });

const newServiceToken = z
  .object({
    userName: canonicalName,
    token: z.string().meta({ description: "Shown once" }),
    id: z.string(),
    scopes,
  })
  .meta({ id: "NewServiceToken" });

const service = z
  .object({
    userName: canonicalName,
    created: time,
    tokens: z.array(z.object({ id: z.string(), label: z.string(), scopes, created: time, seen: time })),
    webhook: z
      .object({
        url: z.string(),
        created: time,
        failing: time.nullable().meta({ description: "Since when posts have failed" }),
        tries: z.int(),
        due: time.nullable().meta({ description: "When the next try is due" }),
        disabled: time.nullable().meta({ description: "When it was disabled" }),
      })
      .nullable(),
  })
  .meta({ id: "Service" });

export const services = createApi();

declareRoute(
  services,
  {
    method: "post",
    path: "/api/admin/services",
    tag,
    summary: "Create a service account",
    audit: "create_service",
    scope: "admin",
    body: z.strictObject({ userName: name, scopes, label: label.optional() }).meta({ id: "NewService" }),
    responses: { 201: newServiceToken },
    refusals: ["bad_name", "reserved_name", "name_taken"],
  },
  (c, { body: { userName, ...request } }) => createService(c, userName, request),
);

declareRoute(
  services,
  {
    method: "get",
    path: "/api/admin/services",
    tag,
    summary: "List the service accounts by name",
    audit: null,
    scope: "admin",
    query: z.object({ after: z.string().max(64).optional().meta({ description: "The last name that you have" }) }),
    responses: {
      200: z.object({ services: z.array(z.object({ userName: canonicalName, created: time })), more: z.boolean() }),
    },
  },
  (c, { query }) => listServices(c, query.after ?? ""),
);

declareRoute(
  services,
  {
    method: "get",
    path: "/api/admin/services/{userName}",
    tag,
    summary: "Show a service account with its tokens' scopes",
    audit: "show_service",
    scope: "admin",
    params,
    responses: { 200: service },
    refusals: ["bad_name", "reserved_name", "not_found"],
  },
  (c, { params: { userName } }) => showService(c, userName),
);

declareRoute(
  services,
  {
    method: "delete",
    path: "/api/admin/services/{userName}",
    tag,
    summary: "Revoke a service account",
    audit: "revoke_service",
    scope: "admin",
    params,
    responses: { 204: null },
    refusals: ["bad_name", "reserved_name", "not_found"],
  },
  (c, { params: { userName } }) => revokeService(c, userName),
);

declareRoute(
  services,
  {
    method: "post",
    path: "/api/admin/services/{userName}/tokens",
    tag,
    summary: "Add a token to a service account",
    audit: "grant_token",
    scope: "admin",
    params,
    body: z.strictObject({ scopes, label: label.optional() }).meta({ id: "NewServiceAccess" }),
    responses: { 201: newServiceToken },
    refusals: ["bad_name", "reserved_name", "not_found"],
  },
  (c, { params: { userName }, body }) => grantServiceToken(c, userName, body),
);

declareRoute(
  services,
  {
    method: "delete",
    path: "/api/admin/services/{userName}/tokens/{id}",
    tag,
    summary: "Revoke a token of a service account",
    audit: "revoke_token",
    scope: "admin",
    params: z.object({ userName: name, id: z.string() }),
    responses: { 204: null },
    refusals: ["bad_name", "reserved_name", "not_found"],
  },
  (c, { params: { userName, id } }) => revokeServiceToken(c, userName, id),
);

declareRoute(
  services,
  {
    method: "put",
    path: "/api/admin/services/{userName}/webhook",
    tag,
    summary: "Set a service's webhook",
    audit: "set_webhook",
    description:
      "Entries of the mailbox are posted as `{user, epoch, frames}`, in order, and repeated until a response is 2xx. Posts are signed as in Standard Webhooks, with the secret of this response, which is shown once. Set again, the webhook continues at its position, with another secret.",
    scope: "admin",
    params,
    body: z.strictObject({ url: z.string().meta({ example: "https://example.com/hook" }) }).meta({ id: "NewWebhook" }),
    responses: { 201: z.object({ url: z.string(), secret: z.string() }) },
    refusals: ["bad_name", "reserved_name", "not_found"],
  },
  (c, { params: { userName }, body }) => setServiceWebhook(c, userName, body.url),
);

declareRoute(
  services,
  {
    method: "delete",
    path: "/api/admin/services/{userName}/webhook",
    tag,
    summary: "Remove a service's webhook",
    audit: "remove_webhook",
    scope: "admin",
    params,
    responses: { 204: null },
    refusals: ["bad_name", "reserved_name", "not_found"],
  },
  (c, { params: { userName } }) => removeServiceWebhook(c, userName),
);
