// Waits for a state of a live value.

/** The first value for which `isWanted` holds. Rejects if the live value ends before. */
export async function until<T>(live: AsyncIterable<T>, isWanted: (value: T) => boolean): Promise<T> {
  for await (const value of live) if (isWanted(value)) return value;
  throw new Error("it ended before");
}
