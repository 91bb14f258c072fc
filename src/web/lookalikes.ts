// Names that look the same. No server can refuse a name that looks like another one, because none has a list of all
// names, and display names need not be unique; but a user who sees both can be warned.
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
  all: readonly Pick<Conversation, "peer" | "standing" | "displayName">[],
  shapeOf: Skeleton,
): (name: string) => string | null {
  const known = new Map<string, Known[]>();
  /** By what users are called, and by their userNames too. */
  const called = new Map<string, Known[]>();
  const ranks = new Map<string, number>();
  const displayNames = new Map<string, string>();
  for (const { peer, standing, displayName } of all) {
    add(peer, standing === "contact" ? CONTACT : STRANGER, displayName);
  }
  add(me, OWN, null);
  return (name) => {
    const rank = ranks.get(name) ?? STRANGER;
    const alike = known.get(skeletonOf(name, shapeOf)) ?? [];
    const displayName = displayNames.get(name);
    const calledAlike = displayName === undefined ? [] : (called.get(skeletonOf(displayName, shapeOf)) ?? []);
    const others = [...alike, ...calledAlike].filter((one) => one.name !== name && one.rank >= rank);
    return others.toSorted((one, other) => other.rank - one.rank)[0]?.name ?? null;
  };

  function add(name: string, rank: number, displayName: string | null): void {
    ranks.set(name, rank);
    const shape = skeletonOf(name, shapeOf);
    for (const group of [known, called]) group.set(shape, [...(group.get(shape) ?? []), { name, rank }]);
    if (displayName === null) return;
    // Spelled as userNames are.
    const folded = displayName.toLowerCase().normalize("NFKC");
    displayNames.set(name, folded);
    const callShape = skeletonOf(folded, shapeOf);
    called.set(callShape, [...(called.get(callShape) ?? []), { name, rank }]);
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
