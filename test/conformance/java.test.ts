// The example in Java passes the conformance cases, but for what examples/java/README.md says that it leaves out.
import { compileJava } from "../support/java-client.ts";
import { expectConformance } from "./expect-conformance.ts";

/** The command, for a shell that gives its place to it. */
async function command(): Promise<string> {
  return `exec ${[...(await compileJava()), "--conformance"].map((word) => `'${word}'`).join(" ")}`;
}

expectConformance("the Java example", command, {
  skips: ['[F8] the conversation "runs" of test/transcripts'],
});
