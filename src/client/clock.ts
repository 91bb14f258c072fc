// The time that only grows. Answers: a wall clock that goes back by an hour, after which no heartbeat would be due
// for an hour.

/** Ms since some point in the past; it may stand still while the device sleeps. Not for times that are shown. */
export function monotonicMs(): number {
  // React Native before 0.64 has no `performance`.
  return globalThis.performance?.now() ?? Date.now();
}

/** What `setTimeout` returns: a number in browsers, an object in Node.js. */
export type Timer = ReturnType<typeof setTimeout>;
