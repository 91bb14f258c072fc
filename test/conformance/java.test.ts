// The example in Java passes the conformance cases, but for what examples/java/README.md says that it leaves out. A third
// of them here: a virtual machine for each case takes two minutes for all. docs/RELEASES.md has all of them played.
import { compileJava } from "../support/java-client.ts";
import { expectConformance } from "./expect-conformance.ts";

/** Fewer at once than of other clients: a virtual machine computes more when it starts. */
const PARALLEL = 5;

/** The command, for a shell that gives its place to it. */
async function command(): Promise<string> {
  return `exec ${[...(await compileJava()), "--conformance"].map((word) => `'${word}'`).join(" ")}`;
}

expectConformance("the Java example", command, {
  skips: ['[F8] the conversation "runs" of test/transcripts'],
  parallel: PARALLEL,
  every: 3,
});
