// Accounts: to claim a name, to sign in and out, to see one's devices, to take everything along and to have it gone.
import { z } from "@hono/zod-openapi";
import {
  about,
  accountsOnly,
  claim,
  erase,
  exportAll,
  linkCode,
  peopleOnly,
  prove,
  recoveryCode,
  revoke,
  revokeOthers,
  signIn,
  signOut,
  strangers,
} from "../identity/accounts.ts";
import { callMailbox } from "../identity/call-mailbox.ts";
import { api, route } from "./declare-route.ts";
import { canonicalName, label, name, signedIn, time, whose } from "./schemas.ts";

/** UTF-16 units of a code as somebody types it, and of an invitation. Answers: reading what nobody was given. */
const CODE = 128;
const INVITATION = 512;

const tag = "Accounts";
const through = [accountsOnly];

export const accounts = api();

route(
  accounts,
  {
    method: "get",
    path: "/api/auth",
    tag,
    does: "What this server asks of whoever comes",
    scope: null,
    answers: {
      200: z.object({
        auth: z.enum(["accounts", "jwt", "open"]).nullable().meta({ description: "Null where it is not configured" }),
        registration: z.enum(["open", "invite", "closed"]).optional(),
      }),
    },
  },
  (c) => about(c),
);

route(
  accounts,
  {
    method: "post",
    path: "/api/accounts",
    tag,
    does: "Claim a free name",
    about: "The token and the recovery code are shown once. Only where `AUTH` is `accounts`.",
    scope: null,
    through: [...through, strangers],
    body: z
      .strictObject({ userName: name, label: label.optional(), invitation: z.string().max(INVITATION).optional() })
      .meta({ id: "Claim" }),
    answers: { 201: signedIn },
    no: ["bad_name", "reserved_name", "name_taken", "rate_limited", "not_found"],
  },
  (c, { body }) => claim(c, body),
);

route(
  accounts,
  {
    method: "post",
    path: "/api/sign-in",
    tag,
    does: "Sign a device in, with a recovery code or a link code",
    about: "A recovery code is used up, and the answer has the next one.",
    scope: null,
    through: [...through, strangers],
    body: z
      .strictObject({ userName: name, code: z.string().max(CODE), label: label.optional() })
      .meta({ id: "SignIn" }),
    answers: { 200: signedIn },
    no: ["bad_name", "reserved_name", "unauthorized", "suspended", "rate_limited", "not_found"],
  },
  (c, { body }) => signIn(c, body),
);

route(
  accounts,
  {
    method: "post",
    path: "/api/sign-out",
    tag,
    does: "Sign the device that asks out",
    scope: "people",
    through,
    answers: { 204: null },
    no: ["not_found"],
  },
  (c) => signOut(c),
);

route(
  accounts,
  {
    method: "post",
    path: "/api/sign-out/others",
    tag,
    does: "Sign all other devices out",
    about:
      "Link codes end, passkeys that other devices made, and the recovery code, in whose place is the one of the answer.",
    scope: "people",
    through,
    answers: { 200: z.object({ recoveryCode: z.string() }) },
    no: ["not_found", "proof_required"],
  },
  (c) => revokeOthers(c),
);

route(
  accounts,
  {
    method: "post",
    path: "/api/proof",
    tag,
    does: "Show with the recovery code that it is the user who asks",
    about: "For 15 minutes the device may change who comes in. The code stays good.",
    scope: "people",
    through,
    body: z.strictObject({ code: z.string().max(CODE) }).meta({ id: "Proof" }),
    answers: { 204: null },
    no: ["not_found"],
  },
  (c, { body }) => prove(c, body.code),
);

route(
  accounts,
  {
    method: "post",
    path: "/api/link-codes",
    tag,
    does: "Make a code that lets one more device in",
    scope: "people",
    through,
    answers: { 201: z.object({ code: z.string(), expires: time }) },
    no: ["not_found", "proof_required"],
  },
  (c) => linkCode(c),
);

route(
  accounts,
  {
    method: "post",
    path: "/api/recovery-code",
    tag,
    does: "Make a new recovery code in place of the old one",
    scope: "people",
    through,
    answers: { 201: z.object({ recoveryCode: z.string() }) },
    no: ["not_found", "proof_required"],
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
    current: z.boolean().meta({ description: "Whether it is the one that asks" }),
  })
  .meta({ id: "Device" });

route(
  accounts,
  {
    method: "get",
    path: "/api/devices",
    tag,
    does: "The signed-in devices, the latest first",
    scope: "people",
    through,
    answers: { 200: z.array(signedInDevice) },
    no: ["not_found"],
  },
  (c) => callMailbox(c, (mailbox, visitor) => mailbox.devices(visitor)),
);

route(
  accounts,
  {
    method: "delete",
    path: "/api/devices/{id}",
    tag,
    does: "Sign a device out",
    scope: "people",
    through,
    about: "Where it had made the recovery code, that ends with it, and the answer has the next one.",
    params: z.object({ id: z.string() }),
    answers: { 200: z.object({ recoveryCode: z.string() }), 204: null },
    no: ["not_found", "proof_required"],
  },
  (c, { params }) => revoke(c, params.id),
);

route(
  accounts,
  {
    method: "get",
    path: "/api/account",
    tag,
    does: "Whose mailbox it is",
    scope: "read",
    query: z.object(whose),
    answers: { 200: z.object({ userName: canonicalName, created: time.nullable() }) },
    no: ["erased"],
  },
  (c) => callMailbox(c, (mailbox, visitor) => mailbox.account(visitor)),
);

route(
  accounts,
  {
    method: "delete",
    path: "/api/account",
    tag,
    does: "Erase everything, for good",
    about: "Nobody is given the name again.",
    scope: "people",
    through: [peopleOnly],
    query: z.object(whose),
    answers: { 204: null },
    no: ["erased", "proof_required"],
  },
  (c) => erase(c),
);

route(
  accounts,
  {
    method: "get",
    path: "/api/export",
    tag,
    does: "Everything that the mailbox keeps, as JSON Lines",
    scope: "read",
    query: z.object(whose),
    answers: { 200: null },
    also: { "application/jsonl": z.string() },
    no: ["erased"],
  },
  (c) => exportAll(c),
);
