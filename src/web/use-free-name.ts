// Whether a name is free, while it is typed: asked of the server when the user pauses. It draws nothing.
import { useEffect, useState } from "preact/hooks";
import { isNameFree, nameOf } from "../client/connect.ts";

/** `unknown`: the server has not been asked yet, or does not say. `name`: in the form that the server stores. */
export type NameState =
  | { readonly is: "empty" }
  | { readonly is: "refused"; readonly code: string }
  | { readonly is: "unknown" | "free" | "taken"; readonly name: string };

/** Typing that pauses for this time is complete, for now. */
const PAUSE_MS = 500;
/** Questions of one minute. The server takes 30 of an address, of which some have to remain to claim the name. */
const MAX_QUESTIONS = 12;
const MINUTE_MS = 60_000;

/** What the server has said, by name and invitation. The times of the last questions, the oldest first. */
const answers = new Map<string, boolean>();
const questions: number[] = [];

/** The state of what is typed; asks the server only while `isAsking`. */
export function useFreeName(typed: string, invitation: string, isAsking: boolean): NameState {
  const [, redraw] = useState(0);
  const read = nameOf(typed.trim());
  const name = "name" in read ? read.name : null;
  const key = `${name} ${invitation}`;
  const answer = answers.get(key);
  useEffect(() => {
    if (name === null || !isAsking || answers.has(key)) return;
    const ask = async () => {
      if (!mayAsk()) return;
      answers.set(key, await isNameFree(location.origin, { userName: name, ...(invitation !== "" && { invitation }) }));
      redraw((count) => count + 1);
    };
    // Without an answer the page says nothing of the name: claiming it does.
    const timer = setTimeout(() => void ask().catch(() => undefined), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [key, isAsking]);
  if (typed.trim() === "") return { is: "empty" };
  if ("refused" in read) return { is: "refused", code: read.refused };
  return { is: answer === undefined ? "unknown" : answer ? "free" : "taken", name: read.name };
}

/** The name is taken: a claim has said so, or has claimed it. */
export function rememberTaken(name: string, invitation: string): void {
  answers.set(`${name} ${invitation}`, false);
}

function mayAsk(now = performance.now()): boolean {
  while (questions.length > 0 && now - (questions[0] ?? 0) > MINUTE_MS) questions.shift();
  if (questions.length >= MAX_QUESTIONS) return false;
  questions.push(now);
  return true;
}
