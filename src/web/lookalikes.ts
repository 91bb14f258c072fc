// Names that look the same: whose somebody's could be taken for. That two users look alike no server can refuse, because none has a list
// of all names; but whoever sees both can be told.
import { useMemo } from "preact/hooks";
import type { Conversation } from "../client/connect.ts";
import { skeleton } from "../protocol/skeleton.ts";
import { useLive, useApp } from "./app-state.ts";

/** How well a name is known: one's own, a contact's, anybody else's. The better known one is not pointed at. */
const OWN = 2;
const CONTACT = 1;
const STRANGER = 0;

interface Known {
  readonly name: string;
  readonly rank: number;
}

/** Made once for each name that the page shows. */
const skeletons = new Map<string, string>();

/** For a name, the one of `all` and `me` that it could be taken for, or null. */
export function lookAlikes(
  me: string,
  all: readonly Pick<Conversation, "peer" | "standing">[],
): (name: string) => string | null {
  const known = new Map<string, Known[]>();
  const ranks = new Map<string, number>();
  for (const { peer, standing } of all) note(peer, standing === "contact" ? CONTACT : STRANGER);
  note(me, OWN);
  return (name) => {
    const rank = ranks.get(name) ?? STRANGER;
    const others = (known.get(lookOf(name)) ?? []).filter((one) => one.name !== name && one.rank >= rank);
    return others.toSorted((one, other) => other.rank - one.rank)[0]?.name ?? null;
  };

  function note(name: string, rank: number): void {
    ranks.set(name, rank);
    const look = lookOf(name);
    const alike = known.get(look);
    if (alike === undefined) known.set(look, [{ name, rank }]);
    else alike.push({ name, rank });
  }
}

/** The same, of the user's conversations as they are now. */
export function useLookAlikes(): (name: string) => string | null {
  const { me } = useApp();
  const all = useLive(me.conversations);
  return useMemo(() => lookAlikes(me.user, all), [me, all]);
}

function lookOf(name: string): string {
  const known = skeletons.get(name);
  if (known !== undefined) return known;
  const look = skeleton(name);
  skeletons.set(name, look);
  return look;
}
