// Routes of accounts: claim a name, sign in and out, list devices, export and erase.
import { z } from "@hono/zod-openapi";
import {
  askWhetherFree,
  describeAuth,
  requireAccounts,
  claimName,
  eraseAccount,
  exportMailbox,
  createLinkCode,
  requirePerson,
  proveByRecoveryCode,
  recoveryCode,
  signOutDevice,
  signOutOthers,
  signIn,
  signOut,
  limitAttempts,
} from "../identity/accounts.ts";
import { callMailbox } from "../identity/call-mailbox.ts";
import { AUTH_MODES, REGISTRATION_MODES } from "../protocol/variables.ts";
import { createApi, declareRoute } from "./declare-route.ts";
import { canonicalName, label, name, signedIn, time, userQuery } from "./schemas.ts";

/** UTF-16 units of a typed code, and of an invitation. Answers: hashing and parsing invented ones. */
const MAX_CODE_UNITS = 128;
const MAX_INVITATION_UNITS = 512;

const tag = "Accounts";
const middleware = [requireAccounts];

export const accounts = createApi();

declareRoute(
  accounts,
  {
    method: "get",
    path: "/api/auth",
    tag,
    summary: "How users authenticate on this server",
    scope: null,
    responses: {
      200: z.object({
        auth: z.enum(AUTH_MODES).nullable().meta({ description: "Null if it is not configured" }),
        registration: z.enum(REGISTRATION_MODES).optional(),
      }),
    },
  },
  (c) => describeAuth(c),
);

declareRoute(
  accounts,
  {
    method: "post",
    path: "/api/accounts",
    tag,
    summary: "Claim a free name",
    description: "The token and the recovery code are shown once. Only where `AUTH` is `accounts`.",
    scope: null,
    middleware: [...middleware, limitAttempts],
    body: z
      .strictObject({
        userName: name,
        label: label.optional(),
        invitation: z.string().max(MAX_INVITATION_UNITS).optional(),
      })
      .meta({ id: "Claim" }),
    responses: { 201: signedIn },
    refusals: ["bad_name", "reserved_name", "name_taken", "rate_limited", "not_found"],
  },
  (c, { body }) => claimName(c, body),
);

declareRoute(
  accounts,
  {
    method: "post",
    path: "/api/names",
    tag,
    summary: "Ask whether a name is free",
    description: "Whether the caller could claim it now. It claims nothing, and counts as an attempt to claim it.",
    scope: null,
    middleware: [...middleware, limitAttempts],
    body: z
      .strictObject({ userName: name, invitation: z.string().max(MAX_INVITATION_UNITS).optional() })
      .meta({ id: "NameQuestion" }),
    responses: { 200: z.object({ userName: canonicalName, free: z.boolean() }) },
    refusals: ["bad_name", "reserved_name", "rate_limited", "not_found"],
  },
  (c, { body }) => askWhetherFree(c, body),
);

declareRoute(
  accounts,
  {
    method: "post",
    path: "/api/sign-in",
    tag,
    summary: "Sign a device in, with a recovery code or a link code",
    description: "A recovery code can be used once; the response has the next one.",
    scope: null,
    middleware: [...middleware, limitAttempts],
    body: z
      .strictObject({ userName: name, code: z.string().max(MAX_CODE_UNITS), label: label.optional() })
      .meta({ id: "SignIn" }),
    responses: { 200: signedIn },
    refusals: ["bad_name", "reserved_name", "unauthorized", "suspended", "rate_limited", "not_found"],
  },
  (c, { body }) => signIn(c, body),
);

declareRoute(
  accounts,
  {
    method: "post",
    path: "/api/sign-out",
    tag,
    summary: "Sign the calling device out",
    scope: "people",
    middleware,
    responses: { 204: null },
    refusals: ["not_found"],
  },
  (c) => signOut(c),
);

declareRoute(
  accounts,
  {
    method: "post",
    path: "/api/sign-out/others",
    tag,
    summary: "Sign all other devices out",
    description:
      "Revokes link codes, passkeys that other devices made, and the recovery code. The response has the next one.",
    scope: "people",
    middleware,
    responses: { 200: z.object({ recoveryCode: z.string() }) },
    refusals: ["not_found", "proof_required"],
  },
  (c) => signOutOthers(c),
);

declareRoute(
  accounts,
  {
    method: "post",
    path: "/api/proof",
    tag,
    summary: "Prove with the recovery code that the user operates the device",
    description: "For 15 minutes the device may change credentials. The code stays valid.",
    scope: "people",
    middleware,
    body: z.strictObject({ code: z.string().max(MAX_CODE_UNITS) }).meta({ id: "Proof" }),
    responses: { 204: null },
    refusals: ["not_found"],
  },
  (c, { body }) => proveByRecoveryCode(c, body.code),
);

declareRoute(
  accounts,
  {
    method: "post",
    path: "/api/link-codes",
    tag,
    summary: "Make a code with which one more device can sign in",
    scope: "people",
    middleware,
    responses: { 201: z.object({ code: z.string(), expires: time }) },
    refusals: ["not_found", "proof_required"],
  },
  (c) => createLinkCode(c),
);

declareRoute(
  accounts,
  {
    method: "post",
    path: "/api/recovery-code",
    tag,
    summary: "Replace the recovery code",
    scope: "people",
    middleware,
    responses: { 201: z.object({ recoveryCode: z.string() }) },
    refusals: ["not_found", "proof_required"],
  },
  (c) => recoveryCode(c),
);

const signedInDevice = z
  .object({
    id: z.string(),
    label: z.string(),
    created: time,
    seen: time,
    online: z.boolean(),
    current: z.boolean().meta({ description: "Whether it is the calling device" }),
  })
  .meta({ id: "Device" });

declareRoute(
  accounts,
  {
    method: "get",
    path: "/api/devices",
    tag,
    summary: "List the signed-in devices, the latest first",
    scope: "people",
    middleware,
    responses: { 200: z.array(signedInDevice) },
    refusals: ["not_found"],
  },
  (c) => callMailbox(c, (mailbox, caller) => mailbox.devices(caller)),
);

declareRoute(
  accounts,
  {
    method: "delete",
    path: "/api/devices/{id}",
    tag,
    summary: "Sign a device out",
    scope: "people",
    middleware,
    description: "If it had made the recovery code, that is revoked too, and the response has the next one.",
    params: z.object({ id: z.string() }),
    responses: { 200: z.object({ recoveryCode: z.string() }), 204: null },
    refusals: ["not_found", "proof_required"],
  },
  (c, { params }) => signOutDevice(c, params.id),
);

declareRoute(
  accounts,
  {
    method: "get",
    path: "/api/account",
    tag,
    summary: "Show whose mailbox it is",
    scope: "read",
    query: z.object(userQuery),
    responses: { 200: z.object({ userName: canonicalName, created: time.nullable() }) },
    refusals: ["erased"],
  },
  (c) => callMailbox(c, (mailbox, caller) => mailbox.account(caller)),
);

declareRoute(
  accounts,
  {
    method: "delete",
    path: "/api/account",
    tag,
    summary: "Erase the account permanently",
    description: "The name can't be claimed again.",
    scope: "people",
    middleware: [requirePerson],
    query: z.object(userQuery),
    responses: { 204: null },
    refusals: ["erased", "proof_required"],
  },
  (c) => eraseAccount(c),
);

declareRoute(
  accounts,
  {
    method: "get",
    path: "/api/export",
    tag,
    summary: "Export the whole mailbox as JSON Lines",
    scope: "read",
    query: z.object(userQuery),
    responses: { 200: null },
    otherTypes: { "application/jsonl": z.string() },
    refusals: ["erased"],
  },
  (c) => exportMailbox(c),
);
