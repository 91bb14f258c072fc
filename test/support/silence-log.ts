// Runs before each test file inside the runtime, and drops the structured log of the objects under test, which would
// clutter the report. The runner also waits at the end of a file for pending log lines, and hangs if an object logs
// after the last test.
const { log } = console;

console.log = (...args: unknown[]) => {
  if (!String(args[0]).startsWith('{"event"')) log(...args);
};
