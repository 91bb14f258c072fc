// The JSON of a text with messages. It knows the frame `send`, single and as a run; no draft.

/** Messages that are one frame: ids in a row, of which this is the last. */
export interface Run {
  id: number;
  readonly to: string;
  readonly bodies: string[];
}

/** The most bytes of a frame besides the receiver and the bodies, with the comma before it. */
export const FRAME_BYTES = 58;

/** The text; null where there are no messages. */
export function textOf(runs: readonly Run[]): string | null {
  const frames = runs.map(frameOf);
  return frames.length > 1 ? `[${frames.join(",")}]` : (frames[0] ?? null);
}

function frameOf({ id, to, bodies }: Run): string {
  const rest = bodies.length === 1 ? `"body":${bodies[0]}` : `"bodies":[${bodies.join(",")}]`;
  return `{"type":"send","id":${id},"to":"${to}",${rest}}`;
}
