// Looks at the metrics every few seconds, while somebody sees the page. The token stays in this tab, and goes when it is no good.
import { type Look, readLook } from "./metrics.ts";

/** Ms between two looks, and how many are kept: ten minutes. */
export const EVERY = 5_000;
const KEPT = 120;
/** What the tab remembers the token as. */
const TOKEN = "restante operator";

export type State =
  | { readonly is: "asking"; readonly why: string }
  | { readonly is: "looking"; readonly token: string; readonly looks: readonly Look[]; readonly late: string };

/** The token that this tab was given. */
export function keptToken(): string | null {
  return sessionStorage.getItem(TOKEN);
}

export function forget(): void {
  sessionStorage.removeItem(TOKEN);
}

export const begun = (token: string): State => ({ is: "looking", token, looks: [], late: "" });

/** Looks again and again; returns what ends it. */
export function looking(token: string, set: (change: (state: State) => State) => void): () => void {
  let over = false;
  let timer = 0;
  const turn = async () => {
    if (!document.hidden) {
      const found = await look(token);
      if (over) return;
      set((state) => next(state, token, found));
    }
    timer = setTimeout(() => void turn(), EVERY);
  };
  void turn();
  return () => {
    over = true;
    clearTimeout(timer);
  };
}

type Found = { readonly look: Look } | { readonly no: string } | { readonly late: string };

async function look(token: string): Promise<Found> {
  try {
    const response = await fetch("/api/metrics", { headers: { Authorization: `Bearer ${token}` }, cache: "no-store" });
    if (response.status === 401 || response.status === 403) return { no: "This token is not an operator's." };
    if (!response.ok) return { late: `The server answered ${response.status}.` };
    return { look: readLook(await response.text(), Date.now()) };
  } catch {
    return { late: "The server can't be reached." };
  }
}

function next(state: State, token: string, found: Found): State {
  if (state.is !== "looking" || state.token !== token) return state;
  if ("no" in found) {
    forget();
    return { is: "asking", why: found.no };
  }
  if ("late" in found) return { ...state, late: found.late };
  sessionStorage.setItem(TOKEN, token);
  return { ...state, late: "", looks: [...state.looks, found.look].slice(-KEPT) };
}
