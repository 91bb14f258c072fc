// The operator's command, run to its end against a real server. `json` and `text` expect it to succeed.
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { expect } from "vitest";

export const ADMIN_TOKEN = "the operator's secret in these tests".replaceAll(" ", "-");
const COMMAND = resolve(import.meta.dirname, "../../scripts/admin/admin.ts");

export interface CommandResult {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

export class AdminCommand {
  readonly #url: () => string;

  /** `url`: where the server is, read at each run. */
  constructor(url: () => string) {
    this.#url = url;
  }

  /** Runs the command to its end. */
  run(args: readonly string[], env: Record<string, string> = {}): Promise<CommandResult> {
    const own = { RESTANTE_ADMIN_TOKEN: ADMIN_TOKEN, RESTANTE_URL: this.#url(), ...env };
    const child = spawn(process.execPath, [COMMAND, ...args], { env: { ...process.env, ...own } });
    let [out, error] = ["", ""];
    child.stdout.on("data", (data) => (out += String(data)));
    child.stderr.on("data", (data) => (error += String(data)));
    return new Promise((done) => child.once("close", (code) => done({ code, out, error })));
  }

  /** Runs a command that succeeds, with `--json`; returns the parsed value. */
  async json(...args: string[]): Promise<unknown> {
    return JSON.parse(await this.text(...args, "--json"));
  }

  /** Runs a command that succeeds; returns its output. */
  async text(...args: string[]): Promise<string> {
    const { code, out, error } = await this.run(args);
    expect([code, error]).toEqual([0, ""]);
    return out;
  }
}
