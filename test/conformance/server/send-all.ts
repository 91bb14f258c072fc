// Sends many messages within the limits of the server: what it refuses for now is sent again after `retryAfter`.
import type { Device } from "./device.ts";
import { Failure } from "../recording.ts";

/**
 * Sends the bodies in texts of at most `batch` and waits until all are accepted. Returns whether the server limited
 * it; with `mayWait` false it stops there.
 */
export async function sendAll(
  device: Device,
  to: string,
  bodies: readonly unknown[],
  batch: number,
  mayWait = true,
): Promise<boolean> {
  let isLimited = false;
  for (let done = 0; done < bodies.length;) {
    const first = device.nextId;
    const part = bodies.slice(done, done + batch);
    device.send(to, ...part);
    const { accepted, retryAfter } = await answersOf(device, part.length);
    device.nextId = first + accepted;
    device.ack(Number.MAX_SAFE_INTEGER);
    done += accepted;
    if (retryAfter === null) continue;
    isLimited = true;
    if (!mayWait) return true;
    await new Promise((wait) => setTimeout(wait, retryAfter));
  }
  return isLimited;
}

async function answersOf(device: Device, count: number): Promise<{ accepted: number; retryAfter: number | null }> {
  let [accepted, retryAfter]: [number, number | null] = [0, null];
  for (let answers = 0; answers < count;) {
    const { type, code, retryAfter: wait } = await device.next();
    if (type !== "accepted" && type !== "refused") continue;
    answers++;
    if (type === "accepted") accepted++;
    else if (code === "rate_limited") retryAfter = Number(wait);
    else if (code !== "out_of_order") throw new Failure(`a message is refused with ${String(code)}`);
  }
  return { accepted, retryAfter };
}
