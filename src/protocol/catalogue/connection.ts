// How a connection is opened and how it ends: the fields of the query, and the close codes.
import { ATTEMPT_FORM, type ConnectionQuery } from "../connection-query.ts";
import { type CloseCode, codesIn, closeCode } from "../refusals.ts";
import { FIELD_KINDS, type JsonSchema } from "./field-kinds.ts";

interface QueryField {
  readonly description: string;
  /** Of the text in the address; of a number its value. */
  readonly schema: JsonSchema;
  readonly example: string | number;
  readonly isRequired?: true;
}

/** The query of an upgrade to restante.v1 ([D3]). One entry for each field that the server reads. */
export const QUERY_FIELDS: Readonly<Record<keyof ConnectionQuery, QueryField>> = {
  device: {
    description: "The device, by the name that it chose.",
    schema: FIELD_KINDS.device.schema,
    example: "phone",
    isRequired: true,
  },
  cursor: {
    description:
      "The device has persisted everything up to this seq ([R1]). `head`: it wants new entries only. Absent: it continues after what it acknowledged last.",
    schema: { oneOf: [FIELD_KINDS.seq.schema, { const: "head" }] },
    example: 1795987663443012,
  },
  epoch: {
    description: "The epoch of the cursor, as `welcome` gave it ([R2]).",
    schema: FIELD_KINDS.epoch.schema,
    example: "f3b2a1c05d6e7f80",
  },
  runs: { description: "`1` asks for runs ([F8]).", schema: { const: "1" }, example: "1" },
  attempt: {
    description: "Which attempt of which client object this is, so that a late one replaces none ([R6]).",
    schema: { type: "string", pattern: ATTEMPT_FORM.source },
    example: "k3J9xQ.12",
  },
  early: { description: "`1` asks for early marks ([E6]).", schema: { const: "1" }, example: "1" },
  relations: { description: "`1` asks for all relations ([I6]).", schema: { const: "1" }, example: "1" },
};

/** What a client does after a close ([C2]). */
export type AfterClose =
  | "stop"
  | "new token, then connect"
  | "wait retryAfter, then connect"
  | "back off, then connect";

const AFTER_CLOSE: Readonly<Record<CloseCode, AfterClose>> = {
  1009: "stop",
  1011: "back off, then connect",
  1012: "back off, then connect",
  4400: "stop",
  4401: "new token, then connect",
  4403: "stop",
  4406: "stop",
  4409: "stop",
  4429: "wait retryAfter, then connect",
};

/** What a client does after a code that it does not know, by ranges ([C3]). */
export const UNKNOWN_CLOSES: Readonly<Record<string, AfterClose>> = {
  "4450-4479": "stop",
  "4480-4499": "wait retryAfter, then connect",
  other: "back off, then connect",
};

interface CloseRow {
  readonly code: CloseCode;
  /** The words with which `closing` and the close frame explain it. */
  readonly reasons: readonly string[];
  readonly client: AfterClose;
}

/** Each close code that the server sends, in ascending order. */
export function closeRows(): readonly CloseRow[] {
  const reasons = new Map<CloseCode, string[]>();
  for (const code of codesIn("closing")) {
    const close = closeCode(code);
    reasons.set(close, [...(reasons.get(close) ?? []), code]);
  }
  return [...reasons]
    .toSorted(([a], [b]) => a - b)
    .map(([code, words]) => ({ code, reasons: words, client: AFTER_CLOSE[code] }));
}
