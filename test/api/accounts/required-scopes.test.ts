// Tokens of described routes: without one a route refuses the request, and without the described scope too.
import { beforeAll, expect, test } from "vitest";
import {
  type Call,
  createUsers,
  inOrder,
  placeholder,
  request,
  type Users,
  validCalls,
} from "../../support/described-calls.ts";
import { deviationOf, type Operation } from "../../support/openapi-description.ts";
import { createService } from "../../support/operators.ts";

let users: Users;

beforeAll(async () => {
  users = await createUsers();
});

test.each(
  inOrder.filter(({ security }) => security.length > 0).map((operation) => [operation.name, operation] as const),
)("[H11] %s needs a token, with the described scope", async (name, operation) => {
  const [make] = validCalls[name] ?? [() => ({})];
  const call =
    operation.body !== null && /^POST \/api\/(passkeys|proof\/passkey)/.test(name)
      ? placeholder(operation)
      : name.includes("{")
        ? somewhere(operation)
        : await make(users);
  const none = await request(operation, call, undefined);
  expect(none.status).toBe(401);
  expect(await deviationOf(operation, none)).toBeNull();
  const needed = operation.security[0]?.["token"]?.[0];
  const others = (["send", "read", "admin"] as const).filter((scope) => scope !== needed);
  const { token } = await createService("other", ...others);
  const without = await request(operation, call, token);
  expect(without.status).toBe(403);
  expect(await deviationOf(operation, without)).toBeNull();
});

/** A path with placeholder values. */
function somewhere({ parameters, body, security }: Operation): Call {
  const path = Object.fromEntries(
    parameters.filter(({ in: where }) => where === "path").map(({ name }) => [name, name === "seq" ? "1" : "nothing"]),
  );
  const isOfUser = security[0]?.["token"]?.[0] !== "admin";
  return { path, ...(body !== null && { body: isOfUser ? { pinned: true } : { scopes: ["send"] } }) };
}
