// The files for Prometheus and Grafana in docs/monitoring: they use metrics and labels that the server writes, and
// Prometheus' own tool accepts them, plays the alerts, and finds no fault in what the server writes.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ProcessMetrics } from "../../scripts/selfhost/process-metrics.ts";
import { prometheusText } from "../../src/operator/prometheus-text.ts";

const FOLDER = resolve(import.meta.dirname, "../../docs/monitoring");
const textOf = (file: string) => readFileSync(join(FOLDER, file), "utf8");
const promtool = process.env["PROMTOOL"] ?? "promtool";

/** What a server writes before anything has happened. */
const written = prometheusText({ online: { users: 0, sockets: 0 }, figures: {} });
/** What a self-hosted server writes beside that. */
const ofProcess = await new ProcessMetrics(tmpdir(), null).text(process.pid, Date.now());

const folder = mkdtempSync(join(tmpdir(), "restante-monitoring-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
}

const dashboard = JSON.parse(textOf("grafana-dashboard.json")) as Dashboard;
const queries = [
  ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...dashboard.annotations.list.map(({ expr }) => expr),
];
const alerts = [...textOf("alerts.yml").matchAll(/- alert: (\w+)/g)].map(([, name]) => name);

/** Runs promtool; fails with its output. */
function check(args: readonly string[], input?: string): void {
  const { status, stdout, stderr, error } = spawnSync(promtool, args, { cwd: FOLDER, encoding: "utf8", input });
  expect(error, "promtool is missing: apt-get install prometheus").toBeUndefined();
  expect(status, `${stdout}\n${stderr}`).toBe(0);
}

test.each([
  ["the alerts", textOf("alerts.yml")],
  ["the dashboard", queries.join("\n")],
])("%s use metrics, codes and events that the server writes from its start", (_, text) => {
  const names = new Set(text.match(/\brestante_\w+/g));
  expect(names.size).toBeGreaterThan(5);
  for (const name of names) expect(written + ofProcess, name).toMatch(new RegExp(`^${name}[{ ]`, "m"));
  const used = [...text.matchAll(/\b(code|event)=~?"([\w|]+)"/g)];
  for (const [, label = "", words = ""] of used)
    for (const word of words.split("|")) expect(written, word).toContain(`{${label}="${word}"}`);
});

test("the dashboard has every metric of the server", () => {
  const names = [...written.matchAll(/^# TYPE (\w+)/gm)].map(([, name = ""]) => name);
  for (const name of names) expect(queries.join("\n"), name).toContain(name);
});

test("Prometheus accepts what the server writes", () => {
  check(["check", "metrics"], written + ofProcess);
  const figures = { "request:0:GET /api/admin/users/{userName}": 2, "requestMs:GET /api/admin/users/{userName}": 9 };
  check(["check", "metrics"], prometheusText({ online: { users: 1, sockets: 2 }, figures }));
});

test("Prometheus accepts the alerts, and the queries of the dashboard", () => {
  check(["check", "rules", "alerts.yml"]);
  const rules = queries.map((expr, index) => {
    // Grafana puts these in.
    const plain = expr.replaceAll("$__rate_interval", "5m").replaceAll(/\$\w+/g, ".*");
    return { record: `query:${index}`, expr: plain };
  });
  const file = join(folder, "queries.yml");
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ groups: [{ name: "dashboard", rules }] }));
  check(["check", "rules", file]);
});

test("each alert is silent before its fault and fires after it", () => {
  const tested = [...textOf("alerts.test.yml").matchAll(/- name: (\w+)/g)].map(([, name]) => name);
  expect(alerts.length).toBeGreaterThan(9);
  expect(tested).toEqual(alerts);
  check(["test", "rules", "alerts.test.yml"]);
});
