// What an application sees of the connection. It knows no socket.
import type { RestanteError } from "./errors.ts";

/**
 * `until`: the time of the next try, whole ms since 1970. `code`: a close code of PROTOCOL.md; 1000 where this side has
 * ended it. `message`: a sentence for people. `reason`: a word for programs, either a code of PROTOCOL.md's table of
 * refusals, such as `replaced`, or one of this side:
 *
 * - `closed`: `close()` was called.
 * - `signed_out`: another tab has deleted the store.
 * - `outdated`: another tab has a later version of the store.
 * - `not_kept`: the store has failed.
 * - `token_failed`: the token function has failed.
 * - `bad_token`: the token can't be sent.
 * - `socket_failed`: the runtime opens no WebSocket.
 *
 * A connection that broke has no `code`, no `reason` and no `message`; `reason` is also absent where neither the server
 * nor the close code gives a word. `error` comes with `token_failed`, `bad_token` and `socket_failed`, in the tab that is
 * connected; its `cause` is what was thrown.
 */
export type ConnectionState =
  | { readonly is: "connecting" }
  | { readonly is: "open" }
  | {
      readonly is: "waiting";
      readonly until: number;
      readonly code?: number | undefined;
      readonly reason?: string | undefined;
      readonly message?: string | undefined;
      readonly error?: RestanteError | undefined;
    }
  | {
      readonly is: "stopped";
      readonly code: number;
      readonly reason?: string | undefined;
      readonly message: string;
      readonly error?: RestanteError | undefined;
    };

/** No other attempt follows by itself. */
export type Stopped = Extract<ConnectionState, { is: "stopped" }>;

/** The close code where this side has ended it. */
export const ENDED = 1000;
