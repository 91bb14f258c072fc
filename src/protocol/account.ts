// What is asked over HTTP about accounts: read once, in the Worker; and what a mailbox tells of itself.
import * as z from "zod/mini";

z.config({ jitless: true });

/** UTF-16 units of what a user calls a device, and of a code as somebody types it. Answers: names as storage. */
const LABEL = 64;
const CODE = 128;
const INVITATION = 512;

const label = z.optional(z.string().check(z.trim(), z.minLength(1), z.maxLength(LABEL)));

const claim = z.strictObject({
  userName: z.string(),
  label,
  invitation: z.optional(z.string().check(z.maxLength(INVITATION))),
});

const signIn = z.strictObject({ userName: z.string(), code: z.string().check(z.maxLength(CODE)), label });

/** What a browser's authenticator has made is looked at by the library that verifies it; here only that it is an object with an id. */
const response = z.looseObject({ id: z.string().check(z.minLength(1), z.maxLength(1_024)) });
const passkey = z.strictObject({ response, label });
const passkeySignIn = z.strictObject({ userName: z.string(), response, label });
const userName = z.strictObject({ userName: z.string() });

/** A passkey as a mailbox keeps it: `key` is the public one, COSE as base64url; times in ms since 1970. */
export interface Passkey {
  readonly id: string;
  readonly key: string;
  readonly counter: number;
  readonly transports: readonly string[];
  readonly label: string;
  readonly created: number;
  readonly seen: number;
}

/** What an authenticator is asked: to sign the challenge, with one of these or anew. */
export interface PasskeyOptions {
  readonly challenge: string;
  readonly passkeys: readonly Pick<Passkey, "id" | "transports">[];
}

/** Reads a passkey that a browser has made; a string says what is wrong. */
export function readPasskey(value: unknown): z.infer<typeof passkey> | string {
  const read = passkey.safeParse(value);
  return read.success ? read.data : wrong("response, and perhaps label", read.error);
}

/** Reads a sign-in with a passkey; a string says what is wrong. */
export function readPasskeySignIn(value: unknown): z.infer<typeof passkeySignIn> | string {
  const read = passkeySignIn.safeParse(value);
  return read.success ? read.data : wrong("userName, response, and perhaps label", read.error);
}

/** Reads a name; a string says what is wrong. */
export function readUserName(value: unknown): z.infer<typeof userName> | string {
  const read = userName.safeParse(value);
  return read.success ? read.data : wrong("userName", read.error);
}

export type Claim = z.infer<typeof claim>;
export type SignIn = z.infer<typeof signIn>;

/** Reads a claim of a free name; a string says what is wrong. */
export function readClaim(value: unknown): Claim | string {
  const read = claim.safeParse(value);
  return read.success ? read.data : wrong("userName, and perhaps label and invitation", read.error);
}

/** Reads a sign-in with a code; a string says what is wrong. */
export function readSignIn(value: unknown): SignIn | string {
  const read = signIn.safeParse(value);
  return read.success ? read.data : wrong("userName, code, and perhaps label", read.error);
}

/** What a sign-in leaves in the mailbox: the hash of the device's token, and what the device is called. */
export interface NewToken {
  readonly hash: string;
  readonly label: string;
}

function wrong(fields: string, { issues }: z.core.$ZodError): string {
  const field = issues[0]?.path[0];
  return field === undefined
    ? `the body is a JSON object with ${fields}`
    : `${String(field)} is missing or not of its form`;
}
