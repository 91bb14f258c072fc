// A stream of server-sent events for tests, which wait for the next event.

/** One event: its id, if it has one, and its data as JSON. */
export interface Event {
  readonly id: string | null;
  readonly frame: Record<string, unknown>;
}

export class EventStream {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #text = "";
  #events: Event[] = [];
  #ended = false;
  /** The last reconnection time that the server sent, ms. */
  retry: number | null = null;

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader();
  }

  /** The next event; null if the stream has ended. */
  async next(): Promise<Event | null> {
    while (this.#events.length === 0 && !this.#ended) await this.#read();
    return this.#events.shift() ?? null;
  }

  /** The next `count` events of this type; others are skipped. */
  async take(type: string, count: number): Promise<Event[]> {
    const found: Event[] = [];
    while (found.length < count) {
      const event = await this.next();
      if (event === null) throw new Error(`the stream ended after ${found.length} of ${count} ${type}`);
      if (event.frame["type"] === type) found.push(event);
    }
    return found;
  }

  /** Everything until the stream ends. */
  async rest(): Promise<Event[]> {
    const found: Event[] = [];
    for (let event = await this.next(); event !== null; event = await this.next()) found.push(event);
    return found;
  }

  close(): Promise<void> {
    return this.#reader.cancel();
  }

  async #read(): Promise<void> {
    const { value, done } = await this.#reader.read();
    this.#ended = done;
    this.#text += new TextDecoder().decode(value);
    const blocks = this.#text.split("\n\n");
    this.#text = blocks.pop() ?? "";
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      const retry = /^retry: (\d+)$/m.exec(block)?.[1];
      if (retry !== undefined) this.retry = Number(retry);
      const id = /^id: (.*)$/m.exec(block)?.[1] ?? null;
      if (data !== undefined) this.#events.push({ id, frame: JSON.parse(data) as Record<string, unknown> });
    }
  }
}
