// JSON texts independent of the order of keys, so that bodies can be compared as values: a client that keeps a map may
// serialize it in another order the next time. Pure; knows no frame.

/**
 * The JSON text of the same value with the keys of every object in order. Of a text that JSON.stringify wrote, so that
 * spaces, escapes and spellings of numbers are the same already, and nesting is limited.
 */
export function sortKeys(text: string): string {
  // Without an object there is nothing to sort.
  return text.includes("{") ? JSON.stringify(JSON.parse(text), withSortedKeys) : text;
}

/** Whether two such texts are one value. Reordered keys leave the length as it is, so most others end there. */
export function isSameJson(one: string, other: string): boolean {
  return one === other || (one.length === other.length && sortKeys(one) === sortKeys(other));
}

function withSortedKeys(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
