// The route of the list of users, for operators.
import { z } from "@hono/zod-openapi";
import { createApi, declareRoute } from "../api/declare-route.ts";
import { integerText } from "../api/schemas.ts";
import { jsonResponse } from "../identity/call-mailbox.ts";
import { isListOn, userListOf } from "../identity/user-list.ts";
import { MAX_NAME_UNITS, NUMBER_END } from "../protocol/limits.ts";
import * as schema from "./schemas.ts";

export const userList = createApi();

declareRoute(
  userList,
  {
    method: "get",
    path: "/api/admin/users",
    tag: "Operators",
    scope: "admin",
    audit: "list_users",
    summary: "List the users by name",
    description:
      "Names that were claimed, or signed in, while USER_LIST is on; with `suspended` those whom operators suspended, also without it. A page may be empty and have a next one: follow `next` until it is null.",
    query: z.object({
      prefix: z.string().max(MAX_NAME_UNITS).optional().meta({ description: "Only names that begin with it" }),
      since: integerText(NUMBER_END - 1)
        .optional()
        .meta({ description: "Only names listed since then, ms since 1970" }),
      suspended: z.enum(["yes"]).optional(),
      after: z.string().max(MAX_NAME_UNITS).optional().meta({ description: "`next` of the last page" }),
    }),
    responses: { 200: schema.userPage },
  },
  async (c, { query: { prefix = "", since = 0, suspended, after = "" } }) => {
    const query = { prefix: prefix.normalize("NFKC").toLowerCase(), since, suspendedOnly: suspended === "yes", after };
    return jsonResponse(c, { list: isListOn(c) ? "on" : "off", ...(await userListOf(c).listUsers(query)) });
  },
);
