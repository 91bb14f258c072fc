// The example in Python passes the conformance cases, but for what it does not use.
import { expectConformance } from "./expect-conformance.ts";

const PYTHON = process.env["PYTHON"] ?? "/usr/bin/python3";

expectConformance("the Python example", async () => `${PYTHON} examples/python/restante.py --conformance`, {
  skips: [
    "[E6] an early mark has no seq: it moves no cursor, and marks are merged by the maximum",
    '[F8] the conversation "runs" of test/transcripts',
    '[E6][E7] the conversation "early marks" of test/transcripts',
  ],
});
