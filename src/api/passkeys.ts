// Routes of passkeys: options for the browser, registration, sign-in and proof.
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

/** A credential: here only an object with an id. The library that verifies it checks the rest. */
const response = z
  .looseObject({ id: z.string().min(1).max(1_024) })
  .meta({ id: "PublicKeyCredential", description: "As the browser made it, by `toJSON()`" });

const options = z.looseObject({ challenge: z.string() }).meta({ description: "For `navigator.credentials`" });

export const passkeys = createApi();

declareRoute(
  passkeys,
  {
    method: "post",
    path: "/api/passkeys/options",
    tag,
    summary: "Get the browser's options to make a passkey",
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
    summary: "Add a passkey that the browser made",
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
    summary: "List the passkeys, the oldest first",
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
    summary: "Get the browser's options to sign in with a passkey",
    description: "For an unknown name the options look the same, but can't be used.",
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
    summary: "Get the browser's options to prove with a passkey that the user operates the device",
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
    summary: "Prove with a passkey that the user operates the device",
    description: "For 15 minutes the device may change credentials.",
    scope: "people",
    middleware,
    body: z.strictObject({ response }),
    responses: { 204: null },
    refusals: ["not_found"],
  },
  (c, { body }) => passkeyProof(c, body),
);
