// Tries an archive as a new operator would, with nothing of this checkout: unpacked elsewhere, with an empty environment,
// and where the system allows it, in a root folder that has the C library, a shell and flock, and nothing else.
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { setTimeout } from "node:timers/promises";

/** Every minimal Debian has them: packages libc6, libgcc-s1, libstdc++6, dash, util-linux. */
const PROGRAMS = ["/bin/sh", "/usr/bin/flock"];
/** Devices that every system has, with their minor numbers. */
const DEVICES = [
  ["null", "3"],
  ["urandom", "9"],
];
const CHROOT = "/usr/sbin/chroot";
const READY_MS = 30_000;
const TOKEN = "a-token-of-at-least-thirty-two-characters";

/** Faults in sentences. `from`: the archive, or its unpacked folder. */
export async function tryArchive(from, version) {
  const root = mkdtempSync(join(tmpdir(), "restante-trial-"));
  try {
    const home = unpack(resolve(from), root);
    const libraries =
      process.getuid() === 0 ? librariesOf([...PROGRAMS, join(home, "bin/node"), join(home, "lib/workerd")]) : [];
    for (const file of libraries.length > 0 ? [...PROGRAMS, ...libraries] : []) place(file, root);
    for (const [name, minor] of libraries.length > 0 ? DEVICES : []) makeDevice(join(root, "dev", name), minor);
    const isAlone = libraries.length > 0 && spawnSync(CHROOT, [root, "/bin/sh", "-c", "exit 0"]).status === 0;
    console.log(
      isAlone ? "In a root folder of its own." : "With an empty environment; a root folder of its own needs root.",
    );
    const at = (path) => (isAlone ? path.slice(root.length) : path);
    const command = isAlone ? [CHROOT, root, at(join(home, "bin/restante"))] : [join(home, "bin/restante")];
    return await faultsOf(command, { version, at: (name) => at(join(root, name)) });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function faultsOf([program, ...first], { version, at }) {
  const faults = [];
  const env = { ADMIN_TOKEN: TOKEN, RESTANTE_ADMIN_TOKEN: TOKEN };
  const call = (args) => spawnSync(program, [...first, ...args], { env, encoding: "utf8", timeout: READY_MS });
  const expect = (args, pattern) => {
    const { status, stdout, stderr } = call(args);
    if (status !== 0 || !pattern.test(stdout)) faults.push(`restante ${args.join(" ")}: ${status} ${stdout}${stderr}`);
  };
  const serve = ["serve", "--port", "0", "--state", at("state"), "--env-all"];
  expect(["version"], new RegExp(`^${version.replaceAll(".", "\\.")}\n$`));
  expect([...serve, "--check"], /are valid/);
  const child = spawn(program, [...first, ...serve], { env, stdio: ["ignore", "pipe", "inherit"] });
  try {
    const url = await readyAt(child);
    const health = await fetch(`${url}/api/health`);
    if (health.status !== 200) faults.push(`/api/health: ${health.status}`);
    const page = await (await fetch(url)).text();
    if (!page.includes("page.js")) faults.push("The web page is missing.");
    const body = JSON.stringify({ userName: "alice" });
    const claimed = await fetch(`${url}/api/accounts`, { method: "POST", body });
    if (!claimed.ok) faults.push(`A name can't be claimed: ${claimed.status} ${await claimed.text()}`);
    expect(["admin", "user", "alice", "--url", url], /alice/);
    expect(["backup", at("backups"), "--state", at("state")], /Backup .*: [1-9]\d* databases/);
    expect(["restore", at("backups"), "--state", at("restored")], /Restored/);
  } catch (error) {
    faults.push(error.message);
  } finally {
    child.kill("SIGTERM");
    if (child.exitCode === null) await new Promise((done) => child.once("exit", done));
  }
  return faults;
}

function readyAt(child) {
  const late = setTimeout(READY_MS, null, { ref: false }).then(() =>
    Promise.reject(new Error("The server is not ready.")),
  );
  const ready = new Promise((done, fail) => {
    let output = "";
    child.once("exit", (code) => fail(new Error(`The server ended with ${code}: ${output}`)));
    child.stdout.on("data", (data) => {
      output += data;
      const port = /Ready on http:\/\/[^\s:]+:(\d+)/.exec(output)?.[1];
      if (port !== undefined) done(`http://127.0.0.1:${port}`);
    });
  });
  return Promise.race([ready, late]);
}

/** Unpacks into `root`/opt; returns the folder of the release. */
function unpack(from, root) {
  const parent = join(root, "opt");
  mkdirSync(parent);
  mkdirSync(join(root, "tmp"));
  if (from.endsWith(".tar.gz")) spawnSync("tar", ["-xzf", from, "-C", parent]);
  else cpSync(from, join(parent, "restante"), { recursive: true });
  const [name] = readdirSync(parent);
  if (name === undefined) throw new Error(`${from} can't be unpacked.`);
  return join(parent, name);
}

/** The shared libraries of programs, by ldd; none where there is no ldd. */
function librariesOf(programs) {
  const { stdout } = spawnSync("ldd", programs, { encoding: "utf8" });
  return [...new Set([...(stdout ?? "").matchAll(/(\/[^\s:]+\.so[^\s:]*) \(0x/g)].map(([, path]) => path))];
}

function makeDevice(path, minor) {
  mkdirSync(dirname(path), { recursive: true });
  spawnSync("mknod", [path, "c", "1", minor]);
}

function place(file, root) {
  if (!existsSync(file)) return;
  const to = join(root, file);
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(file, to);
}
