// The parts of a message's text: code between backquotes, and everything else; and whether it is a few emoji alone.

export interface TextPart {
  readonly is: "text" | "code" | "block";
  readonly text: string;
}

/** A block between three backquotes, with the name of a language in its first line or without; or code in a line. */
const CODE = /```(?:[\w+#-]*\n)?([^]+?)\n?```|`([^`\n]+)`/g;

export function partsOf(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const { 0: all, 1: block, 2: code, index } of text.matchAll(CODE)) {
    if (index > end) parts.push({ is: "text", text: text.slice(end, index) });
    parts.push(block === undefined ? { is: "code", text: code ?? "" } : { is: "block", text: block });
    end = index + all.length;
    // The line of a block ends with it.
    if (block !== undefined && text[end] === "\n") end++;
  }
  if (end < text.length) parts.push({ is: "text", text: text.slice(end) });
  return parts;
}

/** The longest text that is looked at: three families with a flag each. */
const MAX_EMOJI_LENGTH = 90;
const ONE_EMOJI = String.raw`(?:\p{Emoji_Modifier_Base}\p{Emoji_Modifier}|\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f)`;
const EMOJI = String.raw`(?:\p{RI}{2}|[0-9#*]\ufe0f?\u20e3|${ONE_EMOJI}[\u{e0020}-\u{e007f}]*(?:\u200d(?:${ONE_EMOJI}|\p{Extended_Pictographic}))*)`;
const ONLY_EMOJI = new RegExp(String.raw`^\s*(?:${EMOJI}\s*){1,3}$`, "u");

/** Whether a text is one to three emoji. */
export function isOnlyEmoji(text: string): boolean {
  return text.length <= MAX_EMOJI_LENGTH && ONLY_EMOJI.test(text);
}

/** The beginning of a text for a line of the list; no character is cut in two. */
export function beginningOf(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  return `${text.slice(0, maxLength).replace(/[\p{Surrogate}\p{M}\u200d]+$/u, "")}…`;
}
