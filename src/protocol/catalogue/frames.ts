// All frames of the catalogue in one list, in the order of the document.
import type { AnyFrameEntry, DownEntries } from "./frame-entry.ts";
import { LOG_FRAMES } from "./log-frames.ts";
import { OTHER_FRAMES } from "./other-frames.ts";
import { PLAIN_FRAMES } from "./plain-frames.ts";
import { UP_FRAMES } from "./up-frames.ts";

/** One frame. */
export interface CatalogueFrame {
  /** Its name as a definition, in all documents. */
  readonly name: string;
  readonly side: "up" | "down";
  /** The value of its field `type`; null in the plain dialect, which has none. */
  readonly type: string | null;
  readonly entry: AnyFrameEntry;
}

const { welcome, ...others } = OTHER_FRAMES;
const DOWN_FRAMES = { welcome, ...LOG_FRAMES, ...others } satisfies DownEntries;

export const FRAMES: readonly CatalogueFrame[] = [
  ...Object.entries<AnyFrameEntry>(UP_FRAMES).map(
    ([name, entry]) => ({ name: `Up${capitalized(name)}`, side: "up", type: typeOf(entry), entry }) as const,
  ),
  ...Object.entries<AnyFrameEntry>(DOWN_FRAMES).map(
    ([name, entry]) => ({ name: `Down${capitalized(name)}`, side: "down", type: typeOf(entry), entry }) as const,
  ),
  { name: "PlainUp", side: "up", type: null, entry: PLAIN_FRAMES.plainUp },
  { name: "PlainDown", side: "down", type: null, entry: PLAIN_FRAMES.plainDown },
];

function capitalized(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}

/** The examples of a frame are of its type. */
function typeOf({ examples }: AnyFrameEntry): string {
  return String(Object.values(examples)[0]?.["type"]);
}
