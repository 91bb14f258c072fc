// The query of a v1 connection's URL: the device, and its position in the log. Parsed once, in the Worker.
import * as z from "zod/mini";
import { MAX_EPOCH_UNITS, NUMBER_END } from "./limits.ts";
import { isDeviceName } from "./names.ts";

/** Which attempt to connect this is: the `number`-th of the client object `instance`. */
export interface ConnectAttempt {
  readonly instance: string;
  readonly number: number;
}

/**
 * The device has stored everything up to `cursor` of `epoch`; or wants new entries only (`head`); or resumes at the
 * position that the mailbox has stored (null).
 */
export interface ConnectionQuery {
  readonly device: string;
  readonly epoch: string | null;
  readonly cursor: number | "head" | null;
  /** Whether the device reads frames that stand for a run. */
  readonly runs?: boolean;
  /** Whether the device reads marks that have no seq yet. */
  readonly early?: boolean;
  /** Whether the device reads relations. */
  readonly relations?: boolean;
  /** Null if the client does not number its attempts. */
  readonly attempt?: ConnectAttempt | null;
}

const integerText = z.pipe(
  z.pipe(
    z.string().check(z.regex(/^\d{1,16}$/)),
    z.transform((text: string) => Number(text)),
  ),
  z.number().check(z.lt(NUMBER_END)),
);

const flag = z.pipe(
  z.nullable(z.literal("1")),
  z.transform((value) => value !== null),
);

/** `attempt=<instance>.<number>`. */
export const ATTEMPT_FORM = /^[A-Za-z0-9]{1,16}\.[0-9]{1,16}$/;
export const ATTEMPT_WORDS = "attempt must be 1 to 16 of A-Z a-z 0-9, a dot, and a whole number below 2^53";

/** The attempt that this text names, or null if it is malformed. */
export function readAttempt(text: string): ConnectAttempt | null {
  const [instance = "", digits = ""] = ATTEMPT_FORM.test(text) ? text.split(".") : [];
  const number = Number(digits);
  return instance === "" || number >= NUMBER_END ? null : { instance, number };
}

const attempt = z.pipe(
  z.string().check(z.refine((text) => readAttempt(text) !== null)),
  z.transform((text: string) => readAttempt(text)),
);

const query = z.object({
  device: z.string().check(z.refine(isDeviceName)),
  epoch: z.nullable(z.string().check(z.minLength(1), z.maxLength(MAX_EPOCH_UNITS))),
  cursor: z.nullable(z.union([z.literal("head"), integerText])),
  runs: flag,
  early: flag,
  relations: flag,
  attempt: z.nullable(attempt),
});

/**
 * Parses the query; of several parameters with one name, the first. A string says which of them is wrong.
 */
export function readConnectionQuery(search: URLSearchParams): ConnectionQuery | string {
  const parsed = query.safeParse({
    device: search.get("device") ?? "",
    epoch: search.get("epoch"),
    cursor: search.get("cursor"),
    runs: search.get("runs"),
    early: search.get("early"),
    relations: search.get("relations"),
    attempt: search.get("attempt"),
  });
  if (parsed.success) return parsed.data;
  switch (parsed.error.issues[0]?.path[0]) {
    case "device":
      return "device must be 1 to 64 of A-Z a-z 0-9 . _ -";
    case "epoch":
      return "epoch must be the one that welcome gave";
    case "runs":
      return "runs must be 1, or be left out";
    case "early":
      return "early must be 1, or be left out";
    case "relations":
      return "relations must be 1, or be left out";
    case "attempt":
      return ATTEMPT_WORDS;
    default:
      return "cursor must be a whole number below 2^53, or head";
  }
}
