// The example in Java, compiled once for a file of tests: started from its source, each process would compile it again.
import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

const JAVA = process.env["JAVA"] ?? "/usr/bin/java";
const SOURCE = resolve(import.meta.dirname, "../../examples/java/Restante.java");
const run = promisify(execFile);

/** Short starts count, and not the speed of a long run. On loopback no certificates have to be read. */
const FLAGS = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Djavax.net.ssl.trustStore=NONE"];

/** The command that starts the compiled client. Warnings of the compiler are errors. */
export async function compileJava(): Promise<[string, ...string[]]> {
  const folder = mkdtempSync(join(tmpdir(), "restante-java-"));
  const jar = join(folder, "restante.jar");
  const [compiler, archiver] = [join(dirname(JAVA), "javac"), join(dirname(JAVA), "jar")];
  await run(compiler, ["-Xlint:all", "-Werror", "-d", join(folder, "classes"), SOURCE]);
  await run(archiver, ["--create", "--file", jar, "-C", join(folder, "classes"), "."]);
  // An archive of the loaded classes saves each process a quarter of its start.
  const archive = join(folder, "classes.jsa");
  const first = run(JAVA, [`-XX:ArchiveClassesAtExit=${archive}`, ...FLAGS, "-cp", jar, "Restante", "--conformance"]);
  const about = { url: "http://127.0.0.1:1", user: "alice", device: "phone", state: folder };
  first.child.stdin?.write(`${JSON.stringify({ do: "open", ...about })}\n`);
  first.child.stdout?.on("data", (text) => {
    if (String(text).includes("waiting")) first.child.stdin?.end();
  });
  await first;
  return [JAVA, `-XX:SharedArchiveFile=${archive}`, ...FLAGS, "-cp", jar, "Restante"];
}
