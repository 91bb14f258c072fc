// Progress of a long command: in a terminal one line that changes, elsewhere a line every ten seconds.
import process from "node:process";

const TERMINAL_MS = 200;
const LOG_MS = 10_000;

export class Progress {
  readonly #what: string;
  readonly #total: number;
  readonly #everyMs = process.stderr.isTTY ? TERMINAL_MS : LOG_MS;
  #done = 0;
  #shown = Date.now();
  #isShown = false;

  constructor(what: string, total: number) {
    this.#what = what;
    this.#total = total;
  }

  step(): void {
    this.#done++;
    const now = Date.now();
    if (now - this.#shown < this.#everyMs) return;
    this.#shown = now;
    this.#isShown = true;
    const text = `${this.#what}: ${this.#done} of ${this.#total}`;
    process.stderr.write(process.stderr.isTTY ? `\r${text}` : `${text}\n`);
  }

  end(): void {
    if (this.#isShown && process.stderr.isTTY) process.stderr.write("\n");
  }
}

export function sizeText(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
