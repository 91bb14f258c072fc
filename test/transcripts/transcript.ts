// Golden conversations: the frames between devices and their mailboxes as plain text. One file is played against the
// server and the SDK.
//
//   alice/phone > {…}      the device sends this frame (consecutive ones are one text)
//   alice/phone < {…}      its mailbox sends this frame
//   alice/phone * words    an event: connect with a query, cut, send, read; the server's side has only the first two
//
// "$name" is a placeholder: its value is chosen while playing, is the same everywhere, and that of $a2 is above that of
// $a1.

export interface Step {
  readonly who: string;
  readonly kind: ">" | "<" | "*";
  /** A frame with its placeholders, or the words. */
  readonly text: string;
}

export interface Transcript {
  readonly name: string;
  /** The only side that it is played against; null for both. */
  readonly alone: "server" | "client" | null;
  readonly steps: readonly Step[];
}

export function readTranscript(name: string, text: string): Transcript {
  const alone = /^# (server|client) alone/m.exec(text)?.[1] as Transcript["alone"] | undefined;
  const steps = text.split("\n").flatMap((line) => {
    if (line.trim() === "" || line.startsWith("#")) return [];
    const [, who, kind, rest] = /^(\S+)\s+([<>*]) (.*)$/.exec(line) ?? [];
    if (who === undefined || rest === undefined) throw new Error(`${name}: "${line}" is no step`);
    return [{ who, kind: kind as Step["kind"], text: rest }];
  });
  return { name: name.replace(/^.*\//, ""), alone: alone ?? null, steps };
}

/** The values of the placeholders in one play. */
export class Bindings {
  readonly #values = new Map<string, unknown>();
  #next = 1_000;

  /** Fills in the placeholders of a text. One without a value gets one. */
  fill(text: string): string {
    return text.replace(/"?\$([a-z]+\d*)"?/g, (match, name: string) => {
      if (!this.#values.has(name)) this.#values.set(name, this.#choose(name));
      const value = this.#values.get(name);
      return match.startsWith('"') ? JSON.stringify(value) : String(value);
    });
  }

  /** The expected frame. A placeholder without a value takes it from the actual frame. */
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
