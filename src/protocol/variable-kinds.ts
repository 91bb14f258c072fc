// Kinds of variables: how the text of each is parsed, and the problem of an invalid one. Secrets are never quoted.

/**
 * A value, a problem, or both: the valid part of a list. A problem is the rest of a sentence that starts with the
 * variable's name.
 */
export type ReadResult<T> = { readonly value: T; readonly problem?: string } | { readonly problem: string };

/** A row of the table of variables. */
export interface VariableRow<T> {
  readonly kind: "choice" | "number" | "list" | "text" | "secret";
  /** The value if none is given, or an invalid one. */
  readonly fallback: T;
  readonly means: string;
  /** Whether an invalid value refuses every request, because the default could admit unintended users. */
  readonly guards: boolean;
  readonly read: (text: string) => ReadResult<T>;
}

/** Least characters of a secret. Answers: guessing it. */
const MIN_SECRET_UNITS = 32;

/** The highest number of a limit. Answers: a typing error that means no limit. */
const MAX_NUMBER = 1_000_000_000;

/** One of these words. An empty text means the default, except in a guarding row. */
export function choice<const Word extends string, const Fallback extends Word | null>(
  words: readonly Word[],
  fallback: Fallback,
  means: string,
  { guards = false, empty = !guards }: { readonly guards?: boolean; readonly empty?: boolean } = {},
): VariableRow<Word | Fallback> {
  const can = [...(empty ? ["empty"] : []), ...words].join(", ").replace(/, ([^,]*)$/, " or $1");
  const read = (given: string): ReadResult<Word | Fallback> => {
    const word = words.find((one) => one === given);
    if (word !== undefined) return { value: word };
    if (given === "" && empty) return { value: fallback };
    return { problem: `is ${quoted(given)}; it can be ${can}.` };
  };
  return { kind: "choice", fallback, means, guards, read };
}

interface Range {
  readonly least?: number;
  readonly most?: number;
}

/** A whole number; empty for the default. */
export function integer(fallback: number, means: string, range?: Range): VariableRow<number>;
export function integer(fallback: null, means: string, range?: Range): VariableRow<number | null>;
export function integer(
  fallback: number | null,
  means: string,
  { least: min = 1, most: max = MAX_NUMBER }: Range = {},
): VariableRow<number | null> {
  const read = (given: string): ReadResult<number | null> => {
    const digits = given.trim();
    if (digits === "") return { value: fallback };
    const value = /^\d{1,15}$/.test(digits) ? Number(digits) : Number.NaN;
    if (value >= min && value <= max) return { value };
    return { problem: `is ${quoted(given)}; it is a whole number from ${min} to ${max}.` };
  };
  return { kind: "number", fallback, means, guards: false, read };
}

/** Words separated by commas or blanks, each parsed alone; invalid ones are ignored. */
export function list(
  means: string,
  readWord: (word: string) => ReadResult<string> = (value) => ({ value }),
): VariableRow<readonly string[]> {
  const read = (given: string): ReadResult<readonly string[]> => {
    const words = splitWords(given).map(readWord);
    const value = words.flatMap((word) => ("value" in word ? [word.value] : []));
    const wrong = words.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
    return wrong.length === 0 ? { value } : { value, problem: wrong.join(" It ") };
  };
  return { kind: "list", fallback: [], means, guards: false, read };
}

/** Any text, empty for the default. */
export function text(
  means: string,
  {
    guards = false,
    fallback = "",
    read = (value) => ({ value }),
  }: {
    readonly guards?: boolean;
    readonly fallback?: string;
    readonly read?: (given: string) => ReadResult<string>;
  } = {},
): VariableRow<string> {
  return { kind: "text", fallback, means, guards, read: (given) => (given === "" ? { value: fallback } : read(given)) };
}

/** A secret, empty for none. Its length is checked; its text is never shown. */
export function secret(means: string, { blanks = true }: { readonly blanks?: boolean } = {}): VariableRow<string> {
  const read = (given: string): ReadResult<string> => {
    const isGood = given.length >= MIN_SECRET_UNITS && (blanks || !/\s/.test(given));
    if (given === "" || isGood) return { value: given };
    return { problem: `needs at least ${MIN_SECRET_UNITS} characters${blanks ? "" : ", and no blanks"}.` };
  };
  return { kind: "secret", fallback: "", means, guards: false, read };
}

/** A list in a variable: its words, separated by commas or blanks. */
export function splitWords(variable: string | undefined): readonly string[] {
  return (variable ?? "").split(/[\s,]+/).filter((word) => word !== "");
}

/** The text shortened, in one line, in quotes. */
function quoted(given: string): string {
  return JSON.stringify(given.length > 40 ? `${given.slice(0, 40)}…` : given);
}
