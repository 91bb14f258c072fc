// What the operator wants kept: RETENTION_DAYS and RETENTION_ENTRIES. Empty, absent or wrong: everything, so that nothing is lost by a
// typing error.
import { valueOf, type Variables } from "../../protocol/variables.ts";
import type { Retention } from "../log/retention.ts";

const DAY_MS = 86_400_000;

export function retentionOf(variables: Variables): Retention {
  const days = valueOf(variables, "RETENTION_DAYS");
  return { entries: valueOf(variables, "RETENTION_ENTRIES"), age: days === null ? null : days * DAY_MS };
}
