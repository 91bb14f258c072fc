// Which client speaks to which kind of peer.
import type { ClientName } from "../measures/measure.ts";
import { connectClassic, connectConfirmed } from "./classic.ts";
import { connectEcho } from "./echo.ts";
import { connectFrames } from "./frames.ts";
import { connectSdk } from "./sdk.ts";
import { connectSocketio } from "./socketio.ts";
import type { Connect } from "./client.ts";

interface Client {
  readonly connect: Connect;
  /** Whether a sender is told that its message is kept; where not, a message counts when its receiver has it. */
  readonly confirms: boolean;
}

export const CLIENTS: Readonly<Record<ClientName, Client>> = {
  classic: { connect: connectClassic, confirms: false },
  confirmed: { connect: connectConfirmed, confirms: true },
  "socket.io": { connect: connectSocketio, confirms: false },
  frames: { connect: connectFrames, confirms: true },
  sdk: { connect: connectSdk, confirms: true },
  echo: { connect: connectEcho, confirms: false },
};
