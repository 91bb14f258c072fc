// The example in Python passes the conformance cases, but for what it does not use.
import { expectConformance } from "./expect-conformance.ts";

const PYTHON = process.env["PYTHON"] ?? "/usr/bin/python3";

expectConformance("the Python example", async () => `${PYTHON} examples/python/restante.py --conformance`, {
  skips: ['[F8] the conversation "runs" of test/transcripts'],
});
