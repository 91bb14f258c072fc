// Reads the metrics every half minute, while the page is visible. The token stays in this tab, and is removed when the
// server refuses it.
import { readSample, type Sample } from "./metrics.ts";

/**
 * Ms between two samples, and how many are stored: an hour. Answers: an open tab that costs more than the users do,
 * because each sample asks all shards of the census.
 */
export const INTERVAL_MS = 30_000;
const MAX_SAMPLES = 120;
/** The key of the token in the tab's storage. */
const TOKEN_KEY = "restante operator";

/** `late`: why the latest sample is missing, or nothing. */
export type State =
  | { readonly is: "asking"; readonly why: string }
  | { readonly is: "polling"; readonly token: string; readonly samples: readonly Sample[]; readonly late: string };

/** The token that was entered in this tab. */
export function storedToken(): string | null {
  return sessionStorage.getItem(TOKEN_KEY);
}

export function forgetToken(): void {
  sessionStorage.removeItem(TOKEN_KEY);
}

export const pollingWith = (token: string): State => ({ is: "polling", token, samples: [], late: "" });

/** Begins to poll; returns the function that ends it. */
export function poll(token: string, set: (change: (state: State) => State) => void): () => void {
  let hasEnded = false;
  let timer = 0;
  const run = async () => {
    if (!document.hidden) {
      const result = await fetchSample(token);
      if (hasEnded) return;
      set((state) => next(state, token, result));
    }
    timer = setTimeout(() => void run(), INTERVAL_MS);
  };
  void run();
  return () => {
    hasEnded = true;
    clearTimeout(timer);
  };
}

type Result = { readonly sample: Sample } | { readonly refused: string } | { readonly late: string };

async function fetchSample(token: string): Promise<Result> {
  try {
    const response = await fetch("/api/metrics", { headers: { Authorization: `Bearer ${token}` }, cache: "no-store" });
    if (response.status === 401 || response.status === 403) return { refused: "This token is not an operator's." };
    if (!response.ok) return { late: `The server answered ${response.status}.` };
    return { sample: readSample(await response.text(), Date.now()) };
  } catch {
    return { late: "The server can't be reached." };
  }
}

function next(state: State, token: string, result: Result): State {
  if (state.is !== "polling" || state.token !== token) return state;
  if ("refused" in result) {
    forgetToken();
    return { is: "asking", why: result.refused };
  }
  if ("late" in result) return { ...state, late: result.late };
  sessionStorage.setItem(TOKEN_KEY, token);
  return { ...state, late: "", samples: [...state.samples, result.sample].slice(-MAX_SAMPLES) };
}
