// The retention that the operator set: RETENTION_DAYS and RETENTION_ENTRIES. An empty, absent or wrong value keeps
// everything, so that a typing error loses nothing.
import { valueOf, type Variables } from "../../protocol/variables.ts";
import type { Retention } from "../log/retention.ts";

const DAY_MS = 86_400_000;

export function retentionOf(variables: Variables): Retention {
  const days = valueOf(variables, "RETENTION_DAYS");
  return { entries: valueOf(variables, "RETENTION_ENTRIES"), age: days === null ? null : days * DAY_MS };
}
