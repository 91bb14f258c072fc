// Calls that have to answer in time. It knows nothing of what they ask.

/** What `call` answers; an error if it does not within `ms`. Should it answer later, nobody hears it. */
export async function withTimeout<T>(call: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
}
