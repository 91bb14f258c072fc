// Passkeys: what a browser needs to make one or to use one, and what came of it.
import { z } from "@hono/zod-openapi";
import { requireAccounts, limitAttempts } from "../identity/accounts.ts";
import { callMailbox } from "../identity/call-mailbox.ts";
import {
  addPasskey,
  passkeyOptions,
  passkeyProof,
  passkeySignIn,
  proofOptions,
  signInOptions,
} from "../identity/passkeys.ts";
import { PASSKEY_BODY_BYTES } from "../protocol/limits.ts";
import { createApi, declareRoute } from "./declare-route.ts";
import { label, name, signedIn, time } from "./schemas.ts";

const tag = "Passkeys";
const middleware = [requireAccounts];

/** What an authenticator has made is looked at by the library that verifies it; here only that it is an object with an id. */
const response = z
  .looseObject({ id: z.string().min(1).max(1_024) })
  .meta({ id: "PublicKeyCredential", description: "As the browser made it, `toJSON()`" });

const options = z.looseObject({ challenge: z.string() }).meta({ description: "For `navigator.credentials`" });

export const passkeys = createApi();

declareRoute(
  passkeys,
  {
    method: "post",
    path: "/api/passkeys/options",
    tag,
    summary: "What a browser needs to make a passkey",
    scope: "people",
    middleware,
    responses: { 200: options },
    refusals: ["not_found", "proof_required"],
  },
  (c) => passkeyOptions(c),
);

declareRoute(
  passkeys,
  {
    method: "post",
    path: "/api/passkeys",
    tag,
    summary: "Add a passkey that a browser has made",
    scope: "people",
    middleware,
    body: z.strictObject({ response, label: label.optional() }),
    responses: { 204: null },
    refusals: ["not_found", "proof_required"],
  },
  (c, { body }) => addPasskey(c, body),
);

declareRoute(
  passkeys,
  {
    method: "get",
    path: "/api/passkeys",
    tag,
    summary: "The passkeys, the oldest first",
    scope: "people",
    middleware,
    responses: {
      200: z.array(z.looseObject({ id: z.string(), label: z.string(), created: time, seen: time })),
    },
    refusals: ["not_found"],
  },
  (c) => callMailbox(c, (mailbox, caller) => mailbox.passkeys(caller)),
);

declareRoute(
  passkeys,
  {
    method: "delete",
    path: "/api/passkeys/{id}",
    tag,
    summary: "Remove a passkey",
    scope: "people",
    middleware,
    params: z.object({ id: z.string() }),
    responses: { 204: null },
    refusals: ["not_found", "proof_required"],
  },
  (c, { params }) => callMailbox(c, (mailbox, caller) => mailbox.removePasskey(caller, params.id)),
);

declareRoute(
  passkeys,
  {
    method: "post",
    path: "/api/sign-in/passkey/options",
    tag,
    summary: "What a browser needs to sign in with a passkey",
    description: "For a name that nobody has it looks the same, and leads nowhere.",
    scope: null,
    middleware: [...middleware, limitAttempts],
    body: z.strictObject({ userName: name }),
    responses: { 200: options },
    refusals: ["bad_name", "reserved_name", "rate_limited", "not_found"],
  },
  (c, { body }) => signInOptions(c, body.userName),
);

declareRoute(
  passkeys,
  {
    method: "post",
    path: "/api/sign-in/passkey",
    tag,
    summary: "Sign a device in with a passkey",
    scope: null,
    middleware: [...middleware, limitAttempts],
    body: z.strictObject({ userName: name, response, label: label.optional() }),
    bytes: PASSKEY_BODY_BYTES,
    responses: { 200: signedIn },
    refusals: ["bad_name", "reserved_name", "unauthorized", "suspended", "rate_limited", "not_found"],
  },
  (c, { body }) => passkeySignIn(c, body),
);

declareRoute(
  passkeys,
  {
    method: "post",
    path: "/api/proof/passkey/options",
    tag,
    summary: "What a browser needs to show with a passkey that it is the user who asks",
    scope: "people",
    middleware,
    responses: { 200: options },
    refusals: ["not_found"],
  },
  (c) => proofOptions(c),
);

declareRoute(
  passkeys,
  {
    method: "post",
    path: "/api/proof/passkey",
    tag,
    summary: "Show with a passkey that it is the user who asks",
    description: "For 15 minutes the device may change who comes in.",
    scope: "people",
    middleware,
    body: z.strictObject({ response }),
    responses: { 204: null },
    refusals: ["not_found"],
  },
  (c, { body }) => passkeyProof(c, body),
);
