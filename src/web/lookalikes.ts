// Names that look the same. No server can refuse a name that looks like another one, because none has a list of all
// names; but a user who sees both can be warned.
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Conversation } from "../client/connect.ts";
import { useLive, useApp } from "./app-state.ts";

/** How well a name is known: the user's own, a contact's, a stranger's. The warning stands at the less known name. */
const OWN = 2;
const CONTACT = 1;
const STRANGER = 0;

interface Known {
  readonly name: string;
  readonly rank: number;
}

type Skeleton = typeof import("./skeleton.ts").skeleton;

/** Null until it is loaded. */
let skeleton: Skeleton | null = null;

/** A cache: one skeleton for each name that the page shows. */
const skeletons = new Map<string, string>();

/** For a name, the one of `all` and `me` that it could be taken for, or null. */
export function lookAlikes(
  me: string,
  all: readonly Pick<Conversation, "peer" | "standing">[],
  shapeOf: Skeleton,
): (name: string) => string | null {
  const known = new Map<string, Known[]>();
  const ranks = new Map<string, number>();
  for (const { peer, standing } of all) add(peer, standing === "contact" ? CONTACT : STRANGER);
  add(me, OWN);
  return (name) => {
    const rank = ranks.get(name) ?? STRANGER;
    const others = (known.get(skeletonOf(name, shapeOf)) ?? []).filter((one) => one.name !== name && one.rank >= rank);
    return others.toSorted((one, other) => other.rank - one.rank)[0]?.name ?? null;
  };

  function add(name: string, rank: number): void {
    ranks.set(name, rank);
    const shape = skeletonOf(name, shapeOf);
    const alike = known.get(shape);
    if (alike === undefined) known.set(shape, [{ name, rank }]);
    else alike.push({ name, rank });
  }
}

/** The same, for the user's present conversations; it warns of nothing until the table is loaded. */
export function useLookAlikes(): (name: string) => string | null {
  const { me } = useApp();
  const all = useLive(me.conversations);
  const shapeOf = useSkeleton();
  return useMemo(() => (shapeOf === null ? () => null : lookAlikes(me.user, all, shapeOf)), [me, all, shapeOf]);
}

function useSkeleton(): Skeleton | null {
  const [, redraw] = useState(skeleton !== null);
  useEffect(() => {
    if (skeleton !== null) return;
    import("./skeleton.ts").then(
      (loaded) => {
        ({ skeleton } = loaded);
        redraw(true);
      },
      // Without a network no stranger comes either; the next conversation tries again.
      () => undefined,
    );
  }, []);
  return skeleton;
}

function skeletonOf(name: string, shapeOf: Skeleton): string {
  const known = skeletons.get(name);
  if (known !== undefined) return known;
  const shape = shapeOf(name);
  skeletons.set(name, shape);
  return shape;
}
