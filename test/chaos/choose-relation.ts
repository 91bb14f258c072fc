// Which relation a message of the chaos gets: to a message of the conversation that the device has shown.
import { isShown, type Sent, type Shown } from "./checker.ts";
import type { ChaosDevice, Relation } from "./chaos-device.ts";
import type { Random } from "./random.ts";

/** The relation as the device sends it, and as the history has it. Undefined for none. */
export function chooseRelation(
  random: Random,
  { user, shown }: ChaosDevice,
  peer: string,
): { readonly sent: Relation; readonly known: NonNullable<Sent["re"]> } | undefined {
  if (!random.chance(0.3)) return undefined;
  const isBetween = ({ from, to }: Shown) => (from === user && to === peer) || (from === peer && to === user);
  const found = shown.filter((one) => isShown(one) && isBetween(one));
  if (found.length === 0) return undefined;
  const { seq, from, word } = random.pick(found);
  const is = from === user && random.chance(0.6) ? "edit" : "reply";
  return { sent: { to: seq, is }, known: { word, is } };
}
