// What holds for every mailbox of a deployment, read from its variables once.

export interface Rules {
  /** The AUTH variable; see identity/mode.ts. */
  readonly mode: string;
}

interface Variables {
  readonly AUTH?: string;
}

export function rulesOf({ AUTH = "" }: Variables): Rules {
  return { mode: AUTH };
}
