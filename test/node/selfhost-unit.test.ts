// What an operator puts in place beside the server: the unit of systemd, and the configurations of proxies. Each is
// checked by its own program, where that is installed.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readManifest } from "../../scripts/selfhost/manifest.mjs";
import { BUILT } from "../support/servers.ts";

const SELFHOST = resolve(import.meta.dirname, "../../docs/selfhost");
const folder = mkdtempSync(join(tmpdir(), "restante-unit-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const unit = readFileSync(join(SELFHOST, "restante.service"), "utf8");
/** Whether a program is installed: without it there is no test of it, and none is counted as skipped. */
const has = (program: string) => spawnSync(program, ["--help"], { stdio: "ignore" }).error === undefined;

/** Writes a file into the folder; returns its path. */
function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

function run(program: string, ...args: string[]): { code: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: "utf8",
    env: { ...process.env, HOME: folder },
  });
  return { code: status, output: stdout + stderr };
}

const withSystemd = has("systemd-analyze") ? test : () => undefined;
withSystemd("systemd accepts the unit without a warning, and finds it hardened", () => {
  // The archive is not installed here.
  const file = write("restante.service", unit.replace("/opt/restante/bin/restante", "/bin/true"));
  expect(run("systemd-analyze", "verify", file)).toEqual({ code: 0, output: "" });
  // In tenths; the threshold of 2.5 is half of "medium".
  expect(run("systemd-analyze", "security", "--offline=true", "--threshold=25", file).code).toBe(0);
});

test("the unit is right for a user without a home, for V8, and for a server that drains", () => {
  const lines = unit.split("\n").filter((line) => !/^(#|$)/.test(line));
  const valueOf = (key: string) => lines.findLast((line) => line.startsWith(`${key}=`))?.slice(key.length + 1);
  expect(valueOf("MemoryDenyWriteExecute")).toBeUndefined();
  expect([valueOf("User"), valueOf("StateDirectory"), valueOf("ProtectHome")]).toEqual(["restante", "restante", "yes"]);
  // To the first process alone, with more time than --drain has.
  expect([valueOf("KillMode"), valueOf("SuccessExitStatus")]).toEqual(["mixed", "143"]);
  const help = execFileSync(process.execPath, [join(BUILT, "restante.mjs"), "serve", "--help"], { encoding: "utf8" });
  const drain = Number(/--drain (\d+)/.exec(help)?.[1]);
  expect(Number(valueOf("TimeoutStopSec"))).toBeGreaterThan(drain);
});

test("the flags of the unit start a server as a user without a home", () => {
  const [, args = ""] = /^ExecStart=\S+ (.*)$/m.exec(unit) ?? [];
  const given = args.replace("/var/lib/restante", join(folder, "state")).split(" ");
  const { status, stderr, stdout } = spawnSync(process.execPath, [join(BUILT, "restante.mjs"), ...given, "--check"], {
    encoding: "utf8",
    cwd: folder,
    env: { HOME: "/nonexistent", ORIGIN: "https://chat.example.com" },
  });
  expect([status, stderr, stdout]).toEqual([
    0,
    "",
    `Restante ${readManifest(BUILT)?.version}: flags and variables are valid.\n`,
  ]);
});

const withNginx = has("nginx") && has("openssl") ? test : () => undefined;
withNginx("nginx accepts its configuration", () => {
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  const subject = ["-subj", "/CN=chat.example.com", "-keyout", key, "-out", certificate];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...subject], { stdio: "ignore" });
  const text = readFileSync(join(SELFHOST, "nginx.conf"), "utf8");
  const site = text.replace(/(?<=ssl_certificate +)\S+(?=;)/, certificate).replace(/(?<=_key )\S+(?=;)/, key);
  const temporary = "client_body proxy fastcgi uwsgi scgi"
    .split(" ")
    .map((one) => `${one}_temp_path ${folder}/${one};`);
  for (const one of ["logs"]) mkdirSync(join(folder, one));
  const http = `http { access_log off; ${temporary.join(" ")} include ${write("site.conf", site)}; }`;
  const main = write("nginx.conf", `pid ${folder}/pid; error_log stderr; events {} ${http}`);
  const { code, output } = run("nginx", "-t", "-q", "-p", folder, "-c", main);
  expect([code, output.replace(/^.*could not open error log file.*$/gm, "").trim()]).toEqual([0, ""]);
});

const withCaddy = has("caddy") ? test : () => undefined;
withCaddy("Caddy accepts its configuration", () => {
  const { code, output } = run("caddy", "validate", "--adapter", "caddyfile", "--config", join(SELFHOST, "Caddyfile"));
  expect([code, output]).toEqual([0, expect.stringContaining("Valid configuration")]);
});
