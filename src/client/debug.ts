// What a client says of its work, for developers: off by default. It knows the events; not who makes them.
import type { ConnectionState } from "./connection-state.ts";
import { notify } from "./live-value.ts";
import type { Commit } from "./store.ts";

/**
 * One thing that happened: the connection's state; the address of an attempt to connect, without a token; a text of
 * frames, sent or received, without tokens; a commit that the store has; a request over HTTP with its status, or the
 * error where there was no answer.
 */
export type DebugEvent =
  | { readonly what: "connection"; readonly state: ConnectionState }
  | { readonly what: "connecting"; readonly url: string }
  | { readonly what: "sent" | "received"; readonly text: string }
  | { readonly what: "stored"; readonly commit: Commit }
  | {
      readonly what: "request";
      readonly method: string;
      readonly path: string;
      readonly status?: number;
      readonly error?: unknown;
    };

/** Called with each event, at once. An error that it throws stops nothing. */
export type Debug = (event: DebugEvent) => void;

/** The function of the option `debug`; undefined where it is off. An error that it throws stops nothing. */
export function debugOf(option: boolean | Debug | undefined): Debug | undefined {
  if (!option) return undefined;
  // oxlint-disable-next-line no-console -- The application has asked for it.
  const listen = option === true ? ({ what, ...rest }: DebugEvent) => console.debug("restante:", what, rest) : option;
  return (event) => notify(listen, event);
}
