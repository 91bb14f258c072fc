// How many are there.
import { z } from "@hono/zod-openapi";
import { countOnline } from "../census/ask.ts";
import { answered } from "../identity/ask.ts";
import { api, route } from "./declare.ts";

export const online = api();

route(
  online,
  {
    method: "get",
    path: "/api/online",
    tag: "Server",
    does: "How many users are online, with how many sockets",
    scope: null,
    answers: { 200: z.object({ users: z.int(), sockets: z.int() }) },
  },
  async (c) => answered(c, await countOnline(c.env)),
);
