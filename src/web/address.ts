// The conversation that the address names. Every spelling of a name leads to one address; what is no name is shown as it
// is, without a field to write in.
import { useEffect, useState } from "preact/hooks";
import { nameOf } from "../client/connect.ts";

/** Where the page is: the list, a conversation, or an address that names nobody. */
export type Place =
  | { readonly is: "list" }
  | { readonly is: "conversation"; readonly peer: string }
  | { readonly is: "nowhere"; readonly text: string };

const LIST = "#/";

export function addressOf(peer: string): string {
  return LIST + encodeURIComponent(peer);
}

/** Opens a conversation; with null the list, by a step back where that leads to it. */
export function go(peer: string | null): void {
  if (peer !== null) location.hash = addressOf(peer);
  else if (cameFromList()) history.back();
  else location.replace(LIST);
}

/** Removes the name of the last conversation from the address. */
export function leaveAddress(): void {
  history.replaceState(null, "", location.pathname);
}

export function usePlace(): Place {
  const [place, set] = useState(placeNow);
  useEffect(() => {
    let last = place;
    const changed = () => {
      // Only a new entry of the history has no state.
      if (history.state === null) history.replaceState({ fromList: last.is === "list" }, "");
      last = placeNow();
      spellCanonically(last);
      set(last);
    };
    spellCanonically(last);
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return place;
}

function spellCanonically(place: Place): void {
  if (place.is !== "conversation" || location.hash === addressOf(place.peer)) return;
  history.replaceState(history.state, "", addressOf(place.peer));
}

function cameFromList(): boolean {
  return (history.state as { readonly fromList?: boolean } | null)?.fromList === true;
}

function placeNow(): Place {
  const [, encoded = ""] = /^#\/(.+)$/.exec(location.hash) ?? [];
  if (encoded === "") return { is: "list" };
  const text = decoded(encoded);
  const name = nameOf(text.trim());
  return "name" in name ? { is: "conversation", peer: name.name } : { is: "nowhere", text };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
