// Short texts that people give to things, and others read in a list, a log or a terminal: labels, reasons.
// Not for messages, which are shown as they were written, each in a place of its own.

/**
 * What is not shown but changes what is around it: control characters (a terminal obeys them), line and paragraph separators, and what
 * turns the direction of writing. Answers: a label that shows as another, or that draws over its neighbours.
 */
const INVISIBLE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** The text without what is not shown, in one line, and without blanks around it. */
export function forDisplay(text: string): string {
  return text.replace(INVISIBLE, " ").replace(/ {2,}/g, " ").trim();
}

/** A whole text for a terminal: its lines stay, and whatever else a terminal would obey is a blank. */
export function printable(text: string): string {
  return text.replace(INVISIBLE, (character) => (character === "\n" ? "\n" : " "));
}
