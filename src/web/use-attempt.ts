// A request that the server may refuse, and the sentence of its failure.
import { useState } from "preact/hooks";
import { Refused } from "../client/connect.ts";
import { useApp } from "./app-state.ts";

export interface Attempt {
  /** Why the last request failed, or null. */
  readonly problem: string | null;
  attempt(act: () => Promise<void>): void;
}

export function useAttempt(): Attempt {
  const { words } = useApp();
  const [problem, set] = useState<string | null>(null);
  const attempt = (act: () => Promise<void>) => {
    set(null);
    act().catch((error: unknown) => {
      if (error instanceof DOMException) set(words.noPasskey);
      else if (!(error instanceof Refused)) set(words.unreachable);
      // The dialog for the proof has shown this reason before the user cancelled it.
      else if (error.code !== "proof_required") set(error.message);
    });
  };
  return { problem, attempt };
}
