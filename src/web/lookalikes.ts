// Names that look the same. No server can refuse a name that looks like another one, because none has a list of all
// names; but a user who sees both can be warned.
import { useMemo } from "preact/hooks";
import type { Conversation } from "../client/connect.ts";
import { skeleton } from "../protocol/skeleton.ts";
import { useLive, useApp } from "./app-state.ts";

/** How well a name is known: the user's own, a contact's, a stranger's. The warning stands at the less known name. */
const OWN = 2;
const CONTACT = 1;
const STRANGER = 0;

interface Known {
  readonly name: string;
  readonly rank: number;
}

/** A cache: one skeleton for each name that the page shows. */
const skeletons = new Map<string, string>();

/** For a name, the one of `all` and `me` that it could be taken for, or null. */
export function lookAlikes(
  me: string,
  all: readonly Pick<Conversation, "peer" | "standing">[],
): (name: string) => string | null {
  const known = new Map<string, Known[]>();
  const ranks = new Map<string, number>();
  for (const { peer, standing } of all) add(peer, standing === "contact" ? CONTACT : STRANGER);
  add(me, OWN);
  return (name) => {
    const rank = ranks.get(name) ?? STRANGER;
    const others = (known.get(skeletonOf(name)) ?? []).filter((one) => one.name !== name && one.rank >= rank);
    return others.toSorted((one, other) => other.rank - one.rank)[0]?.name ?? null;
  };

  function add(name: string, rank: number): void {
    ranks.set(name, rank);
    const shape = skeletonOf(name);
    const alike = known.get(shape);
    if (alike === undefined) known.set(shape, [{ name, rank }]);
    else alike.push({ name, rank });
  }
}

/** The same, for the user's present conversations. */
export function useLookAlikes(): (name: string) => string | null {
  const { me } = useApp();
  const all = useLive(me.conversations);
  return useMemo(() => lookAlikes(me.user, all), [me, all]);
}

function skeletonOf(name: string): string {
  const known = skeletons.get(name);
  if (known !== undefined) return known;
  const shape = skeleton(name);
  skeletons.set(name, shape);
  return shape;
}
