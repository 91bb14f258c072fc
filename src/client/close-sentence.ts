// What people read when a connection ends and only the close frame arrived: its reason is a word for programs.

const SENTENCES: ReadonlyMap<number, string> = new Map([
  [1009, "A message was larger than the server allows."],
  [4400, "The server does not accept this name or this address."],
  [4401, "The server did not accept the token."],
  [4403, "This is not allowed."],
  [4406, "The server speaks another version of the protocol."],
  [4409, "Another connection took the place of this one."],
  [4429, "The server asks for a pause."],
]);

/** A sentence for a close; empty for none. Servers up to 0.3 send a sentence of their own as the reason. */
export function closeSentence(code: number | undefined, reason = ""): string {
  return reason.includes(" ") ? reason : (SENTENCES.get(code ?? 0) ?? "");
}
