// A request that the server may refuse: one at a time, and the sentence of its failure. Everything on the page that
// asks the server for something runs through it, so that nothing fails without a word.
import { useRef, useState } from "preact/hooks";
import { useApp } from "./app-state.ts";
import { errorSentence, type Place } from "./refusal-sentence.ts";
import type { Translations } from "./translations.ts";

export interface Attempt {
  /** Why the last request failed, or null. */
  readonly problem: string | null;
  readonly isBusy: boolean;
  /** Does nothing while a request is under way. `failure`: what to say in place of the reason. */
  attempt(act: () => Promise<void>, failure?: string): void;
  setProblem(problem: string | null): void;
}

export function useAttempt(place?: Place): Attempt {
  return useAttemptIn(useApp().words, place);
}

/** The same before somebody has signed in. */
export function useAttemptIn(words: Translations, place: Place = "act"): Attempt {
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  // Two clicks may come before the next drawing.
  const isUnderWay = useRef(false);
  const attempt = (act: () => Promise<void>, failure?: string) => {
    if (isUnderWay.current) return;
    isUnderWay.current = true;
    setIsBusy(true);
    setProblem(null);
    void act()
      .catch((error: unknown) => setProblem(failure ?? errorSentence(error, words, place)))
      .finally(() => {
        isUnderWay.current = false;
        setIsBusy(false);
      });
  };
  return { problem, isBusy, attempt, setProblem };
}
