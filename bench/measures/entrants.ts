// Who takes part. The same peer may take part on another number of servers, or with another client.
import type { Entrant } from "./measure.ts";

export const single: Entrant = { name: "single", peer: "single", servers: 1, client: "classic", batch: 1 };
export const echo: Entrant = { name: "echo", peer: "echo", servers: 1, client: "echo", batch: 1 };

/** Two objects that write a row each, and nothing else. */
export const bare: Entrant = { name: "bare objects", peer: "bare", servers: 1, client: "frames", batch: 1 };

/** The same, a group at a time. */
export const bareGroups: Entrant = { name: "bare groups", peer: "groups", servers: 1, client: "frames", batch: 1 };
export const bareBatches: Entrant = { ...bareGroups, name: "bare batches", batch: 128 };

export const redis = (servers: number): Entrant => on("redis", servers, "classic");
export const rabbitmq = (servers: number): Entrant => on("rabbitmq", servers, "classic");
export const streams = (servers: number): Entrant => on("streams", servers, "confirmed");
export const socketio = (servers: number): Entrant => on("socket.io", servers, "socket.io");
export const recovery: Entrant = { ...on("recovery", 2, "socket.io"), name: "socket.io recovery ×2" };

/** Restante by single frames, by frames in batches, and through the SDK. */
export const frames = (servers = 1): Entrant => restante("restante frames", servers, "frames", 1);
export const batches = (servers = 1): Entrant => restante("restante batches", servers, "frames", 128);
export const sdk = (servers = 1): Entrant => restante("restante sdk", servers, "sdk", 1);

function on(peer: Entrant["peer"], servers: number, client: Entrant["client"]): Entrant {
  return { name: `${peer} ×${servers}`, peer, servers, client, batch: 1 };
}

function restante(name: string, servers: number, client: Entrant["client"], batch: number): Entrant {
  return { name: servers === 1 ? name : `${name} ×${servers}`, peer: "restante", servers, client, batch };
}

/** The same Worker, with its platform's meter read. */
export const counted = (entrant: Entrant): Entrant => ({ ...entrant, peer: "counted" });

/** Another commit, with its own SDK. */
export const before: Entrant = { ...sdk(), name: "sdk before", peer: "before" };

/** With accounts, through the SDK; and the same of another commit. */
export const people: Entrant = { ...sdk(), peer: "people" };
export const peopleBefore: Entrant = { ...before, peer: "people before" };
