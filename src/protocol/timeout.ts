// A timeout for calls. Knows nothing of the call.

/** The result of `call`, or an error after `ms`. A later result is ignored. */
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
