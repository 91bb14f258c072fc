// Service accounts, for operators.
import { z } from "@hono/zod-openapi";
import {
  createService,
  endService,
  grantAccess,
  listServices,
  revokeAccess,
  hookService,
  showService,
  unhookService,
} from "../identity/service-accounts.ts";
import { api, route } from "./declare-route.ts";
import { canonicalName, label, name, scopes, time } from "./schemas.ts";

const tag = "Service accounts";
const params = z.object({ userName: name });

const made = z
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
        failing: time.nullable().meta({ description: "Since when nothing was taken" }),
        tries: z.int(),
        due: time.nullable().meta({ description: "When the next try is" }),
        disabled: time.nullable().meta({ description: "When it was given up" }),
      })
      .nullable(),
  })
  .meta({ id: "Service" });

export const services = api();

route(
  services,
  {
    method: "post",
    path: "/api/admin/services",
    tag,
    does: "Create a service account",
    scope: "admin",
    body: z.strictObject({ userName: name, scopes, label: label.optional() }).meta({ id: "NewService" }),
    answers: { 201: made },
    no: ["bad_name", "reserved_name", "name_taken"],
  },
  (c, { body: { userName, ...wanted } }) => createService(c, userName, wanted),
);

route(
  services,
  {
    method: "get",
    path: "/api/admin/services",
    tag,
    does: "The service accounts, by name",
    scope: "admin",
    query: z.object({ after: z.string().max(64).optional().meta({ description: "The last name that you have" }) }),
    answers: {
      200: z.object({ services: z.array(z.object({ userName: canonicalName, created: time })), more: z.boolean() }),
    },
  },
  (c, { query }) => listServices(c, query.after ?? ""),
);

route(
  services,
  {
    method: "get",
    path: "/api/admin/services/{userName}",
    tag,
    does: "A service account, with what its tokens are good for",
    scope: "admin",
    params,
    answers: { 200: service },
    no: ["bad_name", "reserved_name", "not_found"],
  },
  (c, { params: { userName } }) => showService(c, userName),
);

route(
  services,
  {
    method: "delete",
    path: "/api/admin/services/{userName}",
    tag,
    does: "Revoke a service account",
    scope: "admin",
    params,
    answers: { 204: null },
    no: ["bad_name", "reserved_name", "not_found"],
  },
  (c, { params: { userName } }) => endService(c, userName),
);

route(
  services,
  {
    method: "post",
    path: "/api/admin/services/{userName}/tokens",
    tag,
    does: "Make one more token for a service account",
    scope: "admin",
    params,
    body: z.strictObject({ scopes, label: label.optional() }).meta({ id: "NewServiceAccess" }),
    answers: { 201: made },
    no: ["bad_name", "reserved_name", "not_found"],
  },
  (c, { params: { userName }, body }) => grantAccess(c, userName, body),
);

route(
  services,
  {
    method: "delete",
    path: "/api/admin/services/{userName}/tokens/{id}",
    tag,
    does: "Take a token of a service account away",
    scope: "admin",
    params: z.object({ userName: name, id: z.string() }),
    answers: { 204: null },
    no: ["bad_name", "reserved_name", "not_found"],
  },
  (c, { params: { userName, id } }) => revokeAccess(c, userName, id),
);

route(
  services,
  {
    method: "put",
    path: "/api/admin/services/{userName}/webhook",
    tag,
    does: "Have a service's mail posted to an address",
    about:
      "What reaches the mailbox is posted as `{user, epoch, frames}`, in order, until it is answered with 2xx; signed as Standard Webhooks has it, with the secret that is shown once. Set again, it goes on where it was, with another secret.",
    scope: "admin",
    params,
    body: z.strictObject({ url: z.string().meta({ example: "https://example.com/hook" }) }).meta({ id: "NewWebhook" }),
    answers: { 201: z.object({ url: z.string(), secret: z.string() }) },
    no: ["bad_name", "reserved_name", "not_found"],
  },
  (c, { params: { userName }, body }) => hookService(c, userName, body.url),
);

route(
  services,
  {
    method: "delete",
    path: "/api/admin/services/{userName}/webhook",
    tag,
    does: "Post a service's mail nowhere any more",
    scope: "admin",
    params,
    answers: { 204: null },
    no: ["bad_name", "reserved_name", "not_found"],
  },
  (c, { params: { userName } }) => unhookService(c, userName),
);
