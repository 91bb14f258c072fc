// What the command line asks for.
import { parseArgs } from "node:util";

export const HELP = `npm run conformance -- --client 'CMD'    or    npm run conformance -- --server URL

  Tests a client or a server of this protocol, case by case, and prints which rules hold. docs/CONFORMANCE.md says how
  a client is connected to it.

    --client 'CMD'   starts the client under test with this command of a shell, once a case, and plays a server
    --server URL     plays clients against the server at this address
    --only TEXT      only cases with this in their name, such as "[T3]"
    --list           names the cases, and plays none
    --parallel 8     how many cases are played at once (1 to 64)
    --json           prints the results as JSON
    --verbose        prints all frames of a case that failed
    --help           this

  With --server also:
    --user NAME=TOKEN          plays as this user, where names can't be claimed; two of them, and more for more cases
    --long                     also what takes 16 minutes within the default limits
    --i-operate-this-server    needed for a server that is not on this machine

  Ends with 0 if every case passed, and with 1 if one failed.`;

export interface Flags {
  readonly help: boolean;
  readonly client: string | null;
  readonly server: string | null;
  readonly only: string;
  readonly list: boolean;
  readonly parallel: number;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly users: readonly { readonly name: string; readonly token: string }[];
  readonly isLong: boolean;
  readonly isOperator: boolean;
}

/** How many cases are played at once: most of their time is waiting. */
const PARALLEL = "8";

export function readFlags(args: readonly string[]): Flags {
  const { values } = parseArgs({
    args: [...args],
    options: {
      client: { type: "string" },
      server: { type: "string" },
      only: { type: "string", default: "" },
      list: { type: "boolean", default: false },
      parallel: { type: "string", default: PARALLEL },
      json: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
      user: { type: "string", multiple: true, default: [] },
      long: { type: "boolean", default: false },
      "i-operate-this-server": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const { client = null, server = null, user, long: isLong, "i-operate-this-server": isOperator, ...rest } = values;
  const parallel = Number(values.parallel);
  if (!(Number.isInteger(parallel) && parallel >= 1 && parallel <= 64))
    throw new Error("--parallel takes a whole number from 1 to 64");
  if (client !== null && server !== null) throw new Error("--client and --server can't be combined");
  if (server !== null && !/^https?:\/\//.test(server))
    throw new Error("--server takes an address that begins with http:// or https://");
  return { ...rest, client, server, parallel, users: user.map(userOf), isLong, isOperator };
}

function userOf(text: string): Flags["users"][number] {
  const [, name = "", token = ""] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === "") throw new Error("--user takes NAME=TOKEN");
  return { name, token };
}
