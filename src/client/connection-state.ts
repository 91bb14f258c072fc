// What an application sees of the connection; no code.
import type { RestanteError } from "./errors.ts";

/**
 * `until`: the time of the next try, whole ms since 1970. `code`: a close code of PROTOCOL.md; 1000 where this side has
 * ended it. `reason`: a word for programs, a code of PROTOCOL.md's table of refusals, such as `replaced`; from this side
 * `closed`, `signed_out` or `outdated` where another tab has deleted the store, or has a later version of it, `not_kept`
 * where the store has failed, `token_failed` where the token function has, `bad_token` for a token
 * that can't be sent, or `socket_failed` where the runtime opens no WebSocket. `message`: a sentence for people. A
 * connection that broke has none of them; `reason` is also absent where neither the server nor the close code gives a
 * word. `error`: of the last three, in the tab that is connected; its `cause` is what was thrown.
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
