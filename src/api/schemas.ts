// Schemas shared by several routes: names, numbers, tokens, frames.
import { z } from "@hono/zod-openapi";
import { NUMBER_END } from "../protocol/limits.ts";
import { canonical, isDeviceName } from "../protocol/names.ts";
import { SCOPES } from "../protocol/service.ts";
import { forDisplay } from "../protocol/short-text.ts";

/** A userName in any spelling. Parsed, it is canonical. */
export const name = z
  .string()
  .transform((raw, { addIssue }) => {
    const known = canonical(raw);
    if ("name" in known) return known.name;
    addIssue({ code: "custom", params: { code: known.refused } });
    return z.NEVER;
  })
  .openapi({
    type: "string",
    minLength: 1,
    maxLength: 64,
    example: "alice",
    description: "A userName, in any spelling ([N1], [N2])",
  });

export const canonicalName = z.string().meta({ example: "alice", description: "A userName, canonical" });

export const seq = z.int().gte(0).lt(NUMBER_END);

/** A whole number in a URL. */
export const integerText = (max: number, min = 0) =>
  z
    .string()
    .regex(/^\d{1,16}$/, `it must be a whole number, ${min} to ${max}`)
    .transform(Number)
    .pipe(z.int().gte(min, `it must be ${min} to ${max}`).lte(max, `it must be ${min} to ${max}`))
    .openapi({ type: "integer", minimum: min, maximum: max });

/** A seq in a URL. */
export const seqText = integerText(NUMBER_END - 1);

export const device = z.string().refine(isDeviceName, "it must be 1 to 64 of A-Z a-z 0-9 . _ -").openapi({
  pattern: "^[A-Za-z0-9._-]{1,64}$",
  description: "A device, by the name it chose",
  example: "phone",
});

/** UTF-16 units of the label of a device or token. Answers: labels as storage. */
const MAX_LABEL_UNITS = 64;
export const label = singleLine(MAX_LABEL_UNITS, 1);

/** A text in one line, without invisible characters. */
export function singleLine(max: number, min = 0) {
  return z
    .string()
    .transform(forDisplay)
    .pipe(z.string().min(min).max(max))
    .openapi({ type: "string", minLength: min, maxLength: max });
}

export const time = z.int().meta({ description: "Ms since 1970" });

/** An array of 1 to `most` elements. The length is checked before the elements. */
export function listOf<T extends z.ZodType>(element: T, max: number) {
  return z.preprocess((value, { addIssue }) => {
    const isLong = Array.isArray(value) && value.length > max;
    if (isLong) addIssue({ code: "too_big", origin: "array", maximum: max, inclusive: true, input: value });
    return value;
  }, z.array(element).min(1).max(max));
}

export const scopes = z.array(z.enum(SCOPES)).min(1).max(SCOPES.length);

/** The response to a sign-in. */
export const signedIn = z
  .object({
    userName: canonicalName,
    token: z.string().meta({ description: "For `Authorization: Bearer …`; shown once" }),
    recoveryCode: z.string().optional().meta({ description: "Shown once" }),
    device: z.string(),
  })
  .meta({ id: "SignedIn" });

/** The mailbox, if AUTH is open. In the other modes, the token names it. */
export const userQuery = { user: z.string().optional().meta({ description: "Whose mailbox, if AUTH is open" }) };

/** A log frame of any `type`. */
export const logFrame = z
  .looseObject({ type: z.enum(["message", "gap", "failed", "peer", "mark", "cleared", "notice"]), seq })
  .meta({ id: "LogFrame", description: "A log frame, as a socket gets it; its fields are in /api/frames.schema.json" });
