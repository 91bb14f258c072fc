// What the command is called, for its help texts: in a server folder it is a verb of that folder's program.

/** Set when it is bundled: see scripts/selfhost/build-server.mjs. */
declare const ADMIN_COMMAND: string | undefined;

export const COMMAND = typeof ADMIN_COMMAND === "undefined" ? "npm run admin --" : ADMIN_COMMAND;
