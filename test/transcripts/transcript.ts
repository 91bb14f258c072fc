// Golden conversations: who says what to whom, as plain text, so that one file is played against the server and against the SDK.
//
//   alice/phone > {…}      the device says this frame (one right after another: one text)
//   alice/phone < {…}      its mailbox says this frame
//   alice/phone * words    what happens: connect with a query, cut, send, read; the server's side knows only the first two
//
// "$name" stands for a value that is chosen while playing: the same wherever the name stands, and $a2 above $a1.

export interface Step {
  readonly who: string;
  readonly kind: ">" | "<" | "*";
  /** A frame with its placeholders, or the words. */
  readonly text: string;
}

export interface Transcript {
  readonly name: string;
  /** Whom it can't be played against. */
  readonly alone: "server" | "client" | null;
  readonly steps: readonly Step[];
}

export function readTranscript(name: string, text: string): Transcript {
  const alone = /^# (server|client) alone/m.exec(text)?.[1] as Transcript["alone"] | undefined;
  const steps = text.split("\n").flatMap((line) => {
    if (line.trim() === "" || line.startsWith("#")) return [];
    const [, who, kind, rest] = /^(\S+)\s+([<>*]) (.*)$/.exec(line) ?? [];
    if (who === undefined || rest === undefined) throw new Error(`${name}: what is "${line}"?`);
    return [{ who, kind: kind as Step["kind"], text: rest }];
  });
  return { name: name.replace(/^.*\//, ""), alone: alone ?? null, steps };
}

/** The values that stand for placeholders in one play. */
export class Bindings {
  readonly #values = new Map<string, unknown>();
  #next = 1_000;

  /** A text with its placeholders filled in; those that have no value yet get one by `choose`. */
  fill(text: string): string {
    return text.replace(/"?\$([a-z]+\d*)"?/g, (match, name: string) => {
      if (!this.#values.has(name)) this.#values.set(name, this.#choose(name));
      const value = this.#values.get(name);
      return match.startsWith('"') ? JSON.stringify(value) : String(value);
    });
  }

  /** The frame that was expected, with each placeholder that has no value yet bound to what stands in its place. */
  bind(text: string, actual: unknown): unknown {
    return this.#walk(JSON.parse(text), actual);
  }

  #walk(expected: unknown, actual: unknown): unknown {
    if (typeof expected === "string" && expected.startsWith("$")) return this.#value(expected.slice(1), actual);
    if (typeof expected !== "object" || expected === null || Array.isArray(expected)) return expected;
    const other = (typeof actual === "object" && actual !== null ? actual : {}) as Record<string, unknown>;
    return Object.fromEntries(Object.entries(expected).map(([key, value]) => [key, this.#walk(value, other[key])]));
  }

  #value(name: string, actual: unknown): unknown {
    if (this.#values.has(name)) return this.#values.get(name);
    const [, letter = "", number = ""] = /^([a-z])(\d+)$/.exec(name) ?? [];
    const before = this.#values.get(`${letter}${Number(number) - 1}`);
    // Numbers of one log only grow.
    if (letter !== "t" && typeof before === "number" && !(Number(actual) > before)) return `more than ${before}`;
    if (actual !== undefined) this.#values.set(name, actual);
    return actual;
  }

  #choose(name: string): unknown {
    if (name === "limits")
      return { window: 4_096, windowBytes: 4_194_304, bodyBytes: 65_536, textBytes: 1_000_000, frames: 4_096 };
    return /^([a-z]\d+|now|seen)$/.test(name) ? this.#next++ : name;
  }
}

/** The query of `connect device=phone cursor=$b1`. */
export function queryOf(words: string): string {
  return words.split(" ").slice(1).join("&");
}
