// Cleans short texts that others read in a list, a log or a terminal: labels, reasons. Not for messages, which are
// shown as written, in an element of their own.

/**
 * Invisible characters that change their surroundings: control characters, which a terminal executes, line and
 * paragraph separators, and direction marks. Answers: a label that looks like another, or that draws over its
 * neighbours.
 */
const INVISIBLE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** The text in one line, without invisible characters and surrounding blanks. */
export function forDisplay(text: string): string {
  return text.replace(INVISIBLE, " ").replace(/ {2,}/g, " ").trim();
}

/** A text of several lines for a terminal: control characters except newlines become blanks. */
export function printable(text: string): string {
  return text.replace(INVISIBLE, (character) => (character === "\n" ? "\n" : " "));
}
