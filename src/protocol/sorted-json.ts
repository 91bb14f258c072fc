// JSON texts independent of the order of keys, so that bodies can be compared as values: a client that keeps a map may
// serialize it in another order the next time. Pure; knows no frame.

/**
 * The JSON text of the same value with the keys of every object in order. Of a text that JSON.stringify wrote, so that
 * spaces, escapes and spellings of numbers are the same already, and nesting is limited.
 */
export function sortKeys(text: string): string {
  // Without an object there is nothing to sort.
  return text.includes("{") ? JSON.stringify(withSortedKeys(JSON.parse(text))) : text;
}

/**
 * Whether two such texts are one value. Reordered keys leave the length as it is, so most others end there. It parses
 * both and sorts nothing. Answers: messages that are sent again and again with their keys in another order.
 */
export function isSameJson(one: string, other: string): boolean {
  if (one === other) return true;
  return one.length === other.length && one.includes("{") && isSame(JSON.parse(one), JSON.parse(other));
}

function isSame(one: unknown, other: unknown): boolean {
  if (!isObject(one) || !isObject(other)) return one === other;
  if (Array.isArray(one) || Array.isArray(other)) {
    if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
    return one.every((value, i) => isSame(value, other[i]));
  }
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length) return false;
  return keys.every((key) => Object.hasOwn(other, key) && isSame(one[key], other[key]));
}

function withSortedKeys(value: unknown): unknown {
  if (!isObject(value)) return value;
  if (Array.isArray(value)) return value.map(withSortedKeys);
  const keys = Object.keys(value).toSorted();
  return Object.fromEntries(keys.map((key) => [key, withSortedKeys(value[key])]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
