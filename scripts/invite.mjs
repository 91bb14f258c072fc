// Makes an invitation for a server with REGISTRATION=invite, signed with its INVITE_SECRET. Nothing is stored.
import process from "node:process";
import { parseArgs } from "node:util";

const DAY_S = 86_400;

/** Prints an invitation; returns the exit code. */
export async function invite(flags) {
  const { values } = parseArgs({ args: flags, options: { days: { type: "string" }, for: { type: "string" } } });
  const days = Number(values.days ?? 7);
  const secret = process.env["INVITE_SECRET"] ?? "";
  if (secret.length < 32) return fail("Set INVITE_SECRET to the server's secret of at least 32 characters.");
  if (!(days > 0 && days <= 365)) return fail("--days must be a number from 1 to 365.");
  const { SignJWT } = await import("jose");
  const invitation = new SignJWT(values.for === undefined ? {} : { sub: values.for.normalize("NFKC").toLowerCase() })
    .setProtectedHeader({ alg: "HS256" })
    .setAudience("restante invitation")
    .setExpirationTime(Math.floor(Date.now() / 1_000) + Math.round(days * DAY_S));
  console.log(await invitation.sign(new TextEncoder().encode(secret)));
  return 0;
}

function fail(why) {
  console.error(why);
  return 1;
}
