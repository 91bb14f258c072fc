// Attempts of an address, for tests inside the runtime: tokens that a mailbox refuses, and a request that presents a token.
import { newToken } from "../../src/identity/token.ts";
import { fetchWorker } from "./accounts.ts";
import { statusAndCode } from "./operators.ts";

/** A well-formed token without the mark, as older code made it. No mailbox has stored it yet. */
export const unmarkedToken = (userName: string) => newToken(userName, null);

/** Headers of a request from the address `from`, with a token. */
export const bearer = (token: string, from: string) => ({ "CF-Connecting-IP": from, Authorization: `Bearer ${token}` });

/** The status and the code of a request from the address `from` that a token is needed for. */
export const listDevices = (token: string, from: string) =>
  statusAndCode(fetchWorker("/api/devices", { headers: bearer(token, from) }));
