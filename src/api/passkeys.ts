// Passkeys: what a browser needs to make one or to use one, and what came of it.
import { z } from "@hono/zod-openapi";
import { accountsOnly, strangers } from "../identity/accounts.ts";
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
import { api, route } from "./declare-route.ts";
import { label, name, signedIn, time } from "./schemas.ts";

const tag = "Passkeys";
const through = [accountsOnly];

/** What an authenticator has made is looked at by the library that verifies it; here only that it is an object with an id. */
const response = z
  .looseObject({ id: z.string().min(1).max(1_024) })
  .meta({ id: "PublicKeyCredential", description: "As the browser made it, `toJSON()`" });

const options = z.looseObject({ challenge: z.string() }).meta({ description: "For `navigator.credentials`" });

export const passkeys = api();

route(
  passkeys,
  {
    method: "post",
    path: "/api/passkeys/options",
    tag,
    does: "What a browser needs to make a passkey",
    scope: "people",
    through,
    answers: { 200: options },
    no: ["not_found", "proof_required"],
  },
  (c) => passkeyOptions(c),
);

route(
  passkeys,
  {
    method: "post",
    path: "/api/passkeys",
    tag,
    does: "Add a passkey that a browser has made",
    scope: "people",
    through,
    body: z.strictObject({ response, label: label.optional() }),
    answers: { 204: null },
    no: ["not_found", "proof_required"],
  },
  (c, { body }) => addPasskey(c, body),
);

route(
  passkeys,
  {
    method: "get",
    path: "/api/passkeys",
    tag,
    does: "The passkeys, the oldest first",
    scope: "people",
    through,
    answers: {
      200: z.array(z.looseObject({ id: z.string(), label: z.string(), created: time, seen: time })),
    },
    no: ["not_found"],
  },
  (c) => callMailbox(c, (mailbox, visitor) => mailbox.passkeys(visitor)),
);

route(
  passkeys,
  {
    method: "delete",
    path: "/api/passkeys/{id}",
    tag,
    does: "Remove a passkey",
    scope: "people",
    through,
    params: z.object({ id: z.string() }),
    answers: { 204: null },
    no: ["not_found", "proof_required"],
  },
  (c, { params }) => callMailbox(c, (mailbox, visitor) => mailbox.removePasskey(visitor, params.id)),
);

route(
  passkeys,
  {
    method: "post",
    path: "/api/sign-in/passkey/options",
    tag,
    does: "What a browser needs to sign in with a passkey",
    about: "For a name that nobody has it looks the same, and leads nowhere.",
    scope: null,
    through: [...through, strangers],
    body: z.strictObject({ userName: name }),
    answers: { 200: options },
    no: ["bad_name", "reserved_name", "rate_limited", "not_found"],
  },
  (c, { body }) => signInOptions(c, body.userName),
);

route(
  passkeys,
  {
    method: "post",
    path: "/api/sign-in/passkey",
    tag,
    does: "Sign a device in with a passkey",
    scope: null,
    through: [...through, strangers],
    body: z.strictObject({ userName: name, response, label: label.optional() }),
    bytes: PASSKEY_BODY_BYTES,
    answers: { 200: signedIn },
    no: ["bad_name", "reserved_name", "unauthorized", "suspended", "rate_limited", "not_found"],
  },
  (c, { body }) => passkeySignIn(c, body),
);

route(
  passkeys,
  {
    method: "post",
    path: "/api/proof/passkey/options",
    tag,
    does: "What a browser needs to show with a passkey that it is the user who asks",
    scope: "people",
    through,
    answers: { 200: options },
    no: ["not_found"],
  },
  (c) => proofOptions(c),
);

route(
  passkeys,
  {
    method: "post",
    path: "/api/proof/passkey",
    tag,
    does: "Show with a passkey that it is the user who asks",
    about: "For 15 minutes the device may change who comes in.",
    scope: "people",
    through,
    body: z.strictObject({ response }),
    answers: { 204: null },
    no: ["not_found"],
  },
  (c, { body }) => passkeyProof(c, body),
);
