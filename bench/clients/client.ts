// A user of a peer, as the load generator has it. All clients are equally lean: the same WebSocket library, one JSON.parse a text. A
// client knows its peer's frames and nothing of what is counted. Whatever it does not expect throws: then there are no figures.

/** What a user hears: message `n` of somebody, the first one being 1; and that its own message `n` is where the peer promised. */
export interface Ear {
  message(from: string, n: number): void;
  confirmed(n: number): void;
}

export interface User {
  /** Sends messages `first` … `first + count - 1`: as one text each, or in one, as the client does. */
  send(to: string, first: number, count: number): void;
  /** The connection is gone, without a word. */
  cut(): void;
  /** Connects again, and goes on where it was as far as the peer can do that. */
  back(): Promise<void>;
  close(): void;
}

export interface Options {
  /** How many messages may share a text. */
  readonly batch?: number;
  /** Begin with what is kept, and not with what comes from now on, where the peer keeps anything. */
  readonly fromStart?: boolean;
  /** Whoever gets a message reads it, where the peer knows of that. */
  readonly reads?: boolean;
}

export type Connect = (url: string, name: string, ear: Ear, options: Options) => Promise<User>;
