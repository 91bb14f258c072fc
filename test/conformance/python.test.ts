// The example in Python passes the conformance cases, but for what it does not use.
import { PYTHON } from "../support/python.ts";
import { expectConformance } from "./expect-conformance.ts";

expectConformance("the Python example", async () => `${PYTHON} examples/python/restante.py --conformance`, {
  skips: ['[F8] the conversation "runs" of test/transcripts'],
});
