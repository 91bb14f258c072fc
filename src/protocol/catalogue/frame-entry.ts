// The types of the frame catalogue. An entry is typed by the code's own schema of its frame: a missing or surplus
// field, a kind that does not fit, an example that is no such frame, and a `when` at a required field do not compile.
import type { Down, DOWN } from "../down.ts";
import type { Shape } from "../json-shape.ts";
import type { RelationRef } from "../relation.ts";
import type { KindOf, KindName, ShapeName } from "./field-kinds.ts";

/** A required field: its kind, and what it means. An optional one also says when it is present. */
type Always<K extends KindName> = readonly [kind: K, meaning: string];
type Sometimes<K extends KindName> = readonly [kind: K, meaning: string, when: string];

/** The entry of one field, by its type in a shape of the code. */
type FieldEntry<F> = F extends `${infer S extends ShapeName}?`
  ? Sometimes<KindOf<S>>
  : F extends ShapeName
    ? Always<KindOf<F>>
    : F extends readonly string[]
      ? Always<KindOf<"words">>
      : F extends Shape
        ? readonly [fields: FieldEntries<F>, meaning: string]
        : never;

type FieldEntries<T> = { readonly [Name in keyof T]: FieldEntry<T[Name]> };

/** The shape of a type that a schema of zod infers. */
export type ShapeOfType<T> = { readonly [Name in keyof T]-?: NameOfType<T[Name]> };
type NameOfType<T> = unknown extends T
  ? "any"
  : T extends number
    ? "int"
    : T extends string
      ? "text"
      : T extends readonly string[]
        ? "names"
        : T extends readonly unknown[]
          ? "list"
          : T extends RelationRef
            ? "any?"
            : never;

/** What the catalogue says about one frame. */
export interface FrameEntry<Fields, Frame> {
  /** What it is for, in one sentence. */
  readonly purpose: string;
  /** Whether it has a place in the log ([L1]); `if seq`: only with that field. */
  readonly isLogFrame: boolean | "if seq";
  readonly fields: FieldEntries<Fields>;
  /** Whole frames, by what they are an example of. Together they have every field. */
  readonly examples: Readonly<Record<string, Frame>>;
}

/** An entry as its readers see it. */
export interface AnyFrameEntry {
  readonly purpose: string;
  readonly isLogFrame: boolean | "if seq";
  readonly fields: AnyFieldEntries;
  readonly examples: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface AnyFieldEntries {
  readonly [name: string]: AnyFieldEntry;
}
export type AnyFieldEntry =
  | readonly [kind: KindName, meaning: string, when?: string]
  | readonly [fields: AnyFieldEntries, meaning: string];

type Table = typeof DOWN;

/** An entry for each frame from a mailbox, by the code's table of them. */
export type DownEntries = {
  readonly [T in keyof Table]: FrameEntry<Table[T], Extract<Down, { readonly type: T }>>;
};
