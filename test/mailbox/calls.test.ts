// The calls of the Worker to a mailbox: their names, and that they are methods of the prototype, where RPC finds them.
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { CALLS } from "../../src/mailbox/calls/calls.ts";
import { Mailbox } from "../../src/mailbox/mailbox.ts";
import { fresh } from "../support/devices.ts";

/** Old Workers call new objects during a deploy: a name may be added, and removed when no Worker calls it any more. */
const NAMES =
  "accept account ack addPasskey block changeProfile checkChallenge claim clear configure conversations devices enter " +
  "enterOptions entries erase export isNameFree link linkCode messages operate passkey passkeyOptions passkeyRefused " +
  "passkeys profile proofOptions proofPasskey prove proveByPasskey recover recoveryCode remove removePasskey reportedMessages restore " +
  "send service settings signOut signOutOthers standing unblock";

test("the calls of the Worker keep their names", () => {
  expect(Object.keys(CALLS).toSorted().join(" ")).toBe(NAMES);
});

test("every call is a method of the prototype, beside the events and the calls between mailboxes", () => {
  const own = Object.getOwnPropertyNames(Mailbox.prototype);
  const others =
    "alarm constructor countSockets deliver fetch presence signal webSocketClose webSocketError webSocketMessage";
  expect(own.toSorted()).toEqual([...others.split(" "), ...Object.keys(CALLS)].toSorted());
});

test("a call over RPC reaches the mailbox of its caller", async () => {
  const name = fresh("alice");
  const result = await env.MAILBOX.getByName(name).account({ name, proof: { is: "none" } });
  expect(result).toEqual({ value: { userName: name, created: null } });
});
