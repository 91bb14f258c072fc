// What the tests need beyond npm: found, or installed from Debian's packages where we may; otherwise one line says what
// is missing.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { run, succeeds, which } from "./child.mjs";
import { reachedFrom } from "./imports.mjs";

/** The oldest that knows the language of examples/java. */
const JAVA_VERSION = 17;

/** Packages of which one program is wanted, without what installing does. */
const UNPACKED = resolve("node_modules/.cache/debian");

/**
 * Each tool: the environment variable that names it (or has named it already), Debian's package, and how to look for
 * it. Playwright's own download of a browser is not used; another python3 may come first on PATH than the one with the
 * module, and another java than the one with a compiler.
 */
const TOOLS = [
  {
    name: "Chromium",
    variable: "CHROMIUM",
    debian: "chromium",
    look: async () => which("chromium", "chromium-browser", "google-chrome"),
  },
  {
    name: "Python 3 with websockets",
    variable: "PYTHON",
    debian: "python3-websockets",
    look: async () => {
      for (const path of [which("python3"), "/usr/bin/python3"]) {
        if (path && existsSync(path) && (await imports(path, "websockets"))) return path;
      }
      return undefined;
    },
  },
  {
    name: `Java ${JAVA_VERSION} with its compiler`,
    variable: "JAVA",
    debian: "default-jdk-headless",
    look: async () => {
      for (const path of [which("java"), "/usr/bin/java", "/usr/lib/jvm/default-java/bin/java"]) {
        if (path && (await compiles(path))) return path;
      }
      return undefined;
    },
  },
  {
    name: "promtool",
    variable: "PROMTOOL",
    debian: "prometheus",
    // Installed, the package would start a server.
    unpacked: true,
    look: async () => which("promtool") ?? [join(UNPACKED, "usr/bin/promtool")].find((path) => existsSync(path)),
  },
];

/** What `npm run faults` uses beyond that. Without them it leaves out what needs them, and says so. */
export const FAULT_TOOLS = [
  {
    name: "Redis",
    variable: "REDIS_SERVER",
    debian: "redis-server",
    look: async () => which("redis-server"),
  },
  {
    name: "A C compiler",
    variable: "CC",
    debian: "gcc libc6-dev",
    look: async () => which("cc", "gcc"),
  },
];

/**
 * Finds every tool, and puts its path into the environment. A sentence for each that is missing and needed. `isNeeded`
 * is asked only of one that is not there.
 */
export async function findTools(tools = TOOLS, isNeeded = async () => true) {
  const missing = [];
  for (const tool of tools) {
    let path = await find(tool);
    if (path === undefined) {
      if (!(await isNeeded(tool))) continue;
      if (await install(tool)) path = await find(tool);
    }
    if (path) process.env[tool.variable] = path;
    else missing.push(`${tool.name} is missing: apt-get install ${tool.debian}`);
    console.log(path ?? missing.at(-1));
  }
  return missing;
}

/**
 * Whether one of these files of tests uses the tool: whether it, or a file that it imports, names the tool's variable.
 */
export function uses(tool, tests) {
  const files = new Set(tests.flatMap((test) => [...reachedFrom(test).files]));
  return [...files].some((file) => readFileSync(file, "utf8").includes(`"${tool.variable}"`));
}

async function find({ variable, look }) {
  const own = process.env[variable];
  if (own) return existsSync(own) ? own : undefined;
  return look();
}

async function install({ debian, unpacked = false }) {
  if (process.getuid?.() !== 0 || !which("apt-get")) return false;
  if (unpacked) return unpack(debian);
  console.log(`Installing with apt-get install ${debian}, because there is none.`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  if (!(await succeeds("apt-get", ["update"], env))) return false;
  return succeeds("apt-get", ["install", "-y", "--no-install-recommends", ...debian.split(" ")], env);
}

/** Takes the files of a Debian package, and installs nothing. */
async function unpack(name) {
  console.log(`Unpacking Debian's package ${name}, because there is none.`);
  const folder = join(UNPACKED, "packages");
  mkdirSync(folder, { recursive: true });
  if (!(await succeeds("apt-get", ["update"]))) return false;
  const fetch = `cd '${folder}' && apt-get download ${name}`;
  if (!(await succeeds("sh", ["-c", fetch]))) return false;
  const file = readdirSync(folder).find((one) => one.startsWith(`${name}_`));
  const isDone = file !== undefined && (await succeeds("dpkg-deb", ["-x", join(folder, file), UNPACKED]));
  rmSync(folder, { recursive: true });
  return isDone;
}

/** Whether the compiler beside this java is there, and new enough: a runtime alone has none. */
async function compiles(java) {
  const compiler = join(dirname(java), "javac");
  if (!existsSync(java) || !existsSync(compiler)) return false;
  let version = "";
  await run(compiler, ["-version"], { print: (text) => (version += text) });
  return Number(/^javac (\d+)/m.exec(version)?.[1] ?? 0) >= JAVA_VERSION;
}

async function imports(python, name) {
  return (await run(python, ["-c", `import ${name}`], { print: () => undefined })) === 0;
}
