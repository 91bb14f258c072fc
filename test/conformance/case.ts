// A case: what a client is put through, and which rules it proves.
import type { ClientProcess } from "./client-process.ts";
import type { Frame } from "./frames.ts";
import type { Link } from "./link.ts";
import { type Recording, Skipped } from "./recording.ts";
import type { ScriptedServer } from "./scripted-server.ts";

/** A client with its mailbox. `state`: the folder of this client. */
export interface Actor {
  readonly mailbox: ScriptedServer;
  readonly client: ClientProcess;
  readonly state: string;
}

/** What a case plays with. Everything that it starts ends with it. */
export interface Stage {
  /** The mailbox of alice. */
  readonly mailbox: ScriptedServer;
  /** Alice's client, the device `phone`. Its process runs, and has no command yet. */
  readonly client: ClientProcess;
  readonly recording: Recording;
  /** Another user's mailbox and client, or those of another device of alice. */
  readonly another: (user: string, device: string) => Promise<Actor>;
  /** The client begins to connect. `more`: fields of the command `open`. */
  readonly begin: (more?: Frame) => Promise<void>;
  /** The client is open on this connection, with this welcome, or on the next one if it has given this one up. */
  readonly welcome: (link: Link, welcome?: Frame) => Promise<Link>;
  /** The client connects, and gets this welcome. `more`: fields of the command `open`. */
  readonly connect: (welcome?: Frame, more?: Frame) => Promise<Link>;
  /** The client connects again, and gets this welcome. */
  readonly reconnect: (welcome?: Frame) => Promise<Link>;
}

export interface Case {
  /** The rules, then a sentence: `[T3][S10] after a loss …`. */
  readonly name: string;
  /** It lasts for more than 20 s, and so is begun first. */
  readonly isLong?: boolean;
  readonly play: (stage: Stage) => Promise<void>;
}

/** The rules that the name of a case begins with. */
export function rulesOf(name: string): string[] {
  return [...(/^(?:\[\w+\])+/.exec(name)?.[0].matchAll(/\w+/g) ?? [])].map(([rule]) => rule);
}

/** Ends the case: the client does not use what is optional. */
export function skip(why: string): never {
  throw new Skipped(why);
}
