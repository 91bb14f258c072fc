// Names that an application gives: of users and devices. Code without types may give any value.
import { messageRefusal } from "../protocol/message-refusals.ts";
import { canonical, type NameResult } from "../protocol/names.ts";

export type { NameResult };

/**
 * The canonical form of a userName, which all its spellings share and by which conversations, presence and typing are
 * named; or the code with which a server refuses it.
 */
export function nameOf(raw: unknown): NameResult {
  return typeof raw === "string" ? canonical(raw) : { refused: "bad_name" };
}

/** What is wrong with a userName, in a sentence, or null. */
export function problemOfName(raw: string): string | null {
  const name = nameOf(raw);
  return "refused" in name ? messageRefusal(name.refused).message : null;
}
