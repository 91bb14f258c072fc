// The log over HTTP, as tests read it: page by page, or as a stream of events.
import { expect } from "vitest";
import { fetchWorker } from "../support/accounts.ts";
import { get } from "../support/devices.ts";
import { EventStream } from "./event-stream.ts";
import type { Device } from "./client-socket.ts";

export interface Page {
  readonly epoch: string;
  readonly head: number;
  readonly cursor: number;
  readonly more: boolean;
  readonly frames: readonly Record<string, unknown>[];
}

export const page = (user: string, query = "") => get(`/api/entries?user=${user}${query}`) as Promise<Page>;

/** Follows the log of `user` with a device. */
export async function follow(user: string, query = "", headers: Record<string, string> = {}): Promise<EventStream> {
  const path = `/api/entries?user=${user}&device=feed${query}`;
  const response = await fetchWorker(path, { headers: { Accept: "text/event-stream", ...headers } });
  expect([response.status, response.headers.get("Content-Type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
  if (response.body === null) throw new Error("no body");
  return new EventStream(response.body);
}

/** Sends `count` messages, whose ids and bodies count from `first`. */
export async function sends(device: Device, to: string, count: number, first = 1): Promise<void> {
  device.send(...Array.from({ length: count }, (_, i) => ({ type: "send", id: first + i, to, body: first + i })));
  await device.take("accepted", count);
}

export const bodies = (frames: readonly Record<string, unknown>[]) => frames.map(({ body }) => body);
