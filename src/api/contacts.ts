// Routes of contacts: requests, blocks, and privacy settings.
import { z } from "@hono/zod-openapi";
import { callMailbox } from "../identity/call-mailbox.ts";
import { readDisplayName } from "../protocol/display-name.ts";
import { createApi, declareRoute } from "./declare-route.ts";
import { canonicalName, name, userQuery } from "./schemas.ts";

const DISPLAY_NAME_FORM =
  "it must have 1 to 64 UTF-16 units, all of them visible, and none that change the direction of text";

const tag = "People";
const query = z.object(userQuery);
const params = z.object({ userName: name });
const refusals = ["bad_name", "reserved_name", "not_found", "mailbox_full", "erased"] as const;

const profile = z.object({
  displayName: z.string().nullable().meta({ description: "What the user is called; null if there is no name" }),
});

/** A text that can't be a name is refused; an empty one is none. */
const displayName = z
  .string()
  .nullable()
  .transform((text, { addIssue }) => {
    if (text === null || text.trim() === "") return null;
    const name = readDisplayName(text);
    if (name === null) addIssue({ code: "custom", message: DISPLAY_NAME_FORM });
    return name ?? z.NEVER;
  })
  .openapi({ type: ["string", "null"], maxLength: 64, description: DISPLAY_NAME_FORM, example: "Alice Liddell" });

const settings = z.object({ receipts: z.boolean(), presence: z.boolean() });

export const contacts = createApi();

declareRoute(
  contacts,
  {
    method: "get",
    path: "/api/profile",
    tag,
    summary: "Show your display name",
    scope: "read",
    query,
    responses: { 200: profile },
  },
  (c) => callMailbox(c, (mailbox, caller) => mailbox.profile(caller)),
);

declareRoute(
  contacts,
  {
    method: "put",
    path: "/api/profile",
    tag,
    summary: "Change your display name",
    description: "It travels with what you send to contacts. The userName alone says who somebody is.",
    scope: "send",
    query,
    body: z.strictObject({ displayName }).meta({ id: "Profile" }),
    responses: { 200: profile },
    refusals: ["mailbox_full"],
  },
  (c, { body }) => callMailbox(c, (mailbox, caller) => mailbox.changeProfile(caller, body)),
);

declareRoute(
  contacts,
  {
    method: "get",
    path: "/api/requests",
    tag,
    summary: "List the open requests",
    scope: "read",
    query,
    responses: { 200: z.array(canonicalName) },
  },
  (c) => callMailbox(c, (mailbox, caller) => mailbox.standing(caller, "request")),
);

declareRoute(
  contacts,
  {
    method: "put",
    path: "/api/contacts/{userName}",
    tag,
    summary: "Accept a request",
    scope: "send",
    params,
    query,
    responses: { 204: null },
    refusals,
  },
  (c, { params: { userName } }) => callMailbox(c, (mailbox, caller) => mailbox.accept(caller, userName)),
);

declareRoute(
  contacts,
  {
    method: "get",
    path: "/api/blocks",
    tag,
    summary: "List the blocked users",
    scope: "read",
    query,
    responses: { 200: z.array(canonicalName) },
  },
  (c) => callMailbox(c, (mailbox, caller) => mailbox.standing(caller, "blocked")),
);

declareRoute(
  contacts,
  {
    method: "put",
    path: "/api/blocks/{userName}",
    tag,
    summary: "Block a user, who is not notified",
    scope: "send",
    params,
    query,
    responses: { 204: null },
    refusals,
  },
  (c, { params: { userName } }) => callMailbox(c, (mailbox, caller) => mailbox.block(caller, userName)),
);

declareRoute(
  contacts,
  {
    method: "delete",
    path: "/api/blocks/{userName}",
    tag,
    summary: "Unblock a user",
    scope: "send",
    params,
    query,
    responses: { 204: null },
    refusals,
  },
  (c, { params: { userName } }) => callMailbox(c, (mailbox, caller) => mailbox.unblock(caller, userName)),
);

declareRoute(
  contacts,
  {
    method: "get",
    path: "/api/settings",
    tag,
    summary: "Show the privacy settings",
    scope: "read",
    query,
    responses: { 200: settings },
  },
  (c) => callMailbox(c, (mailbox, caller) => mailbox.settings(caller, {})),
);

declareRoute(
  contacts,
  {
    method: "put",
    path: "/api/settings",
    tag,
    summary: "Change the privacy settings; off works both ways",
    scope: "send",
    query,
    body: z.strictObject(settings.shape).partial().meta({ id: "Settings" }),
    responses: { 200: settings },
  },
  (c, { body: { receipts, presence } }) => {
    const change = { ...(receipts !== undefined && { receipts }), ...(presence !== undefined && { presence }) };
    return callMailbox(c, (mailbox, caller) => mailbox.settings(caller, change));
  },
);
