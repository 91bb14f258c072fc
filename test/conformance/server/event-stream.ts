// One stream of server-sent events, event by event, with a deadline for each.
import { ANSWER_MS, type Frame } from "./socket.ts";
import { Failure } from "../recording.ts";

export interface ServerEvent {
  readonly data: Frame;
  readonly id: string | undefined;
}

export class EventStream {
  readonly #reader: ReadableStreamDefaultReader<string>;
  readonly #abort: AbortController;
  #rest = "";

  private constructor(reader: ReadableStreamDefaultReader<string>, abort: AbortController) {
    this.#reader = reader;
    this.#abort = abort;
  }

  static async open(request: Request): Promise<EventStream> {
    const abort = new AbortController();
    const response = await fetch(request, { signal: abort.signal });
    if (response.status !== 200 || response.body === null)
      throw new Failure(`the stream is refused with ${response.status}: ${await response.text()}`);
    return new EventStream(response.body.pipeThrough(new TextDecoderStream()).getReader(), abort);
  }

  /** The next event with data. */
  async next(): Promise<ServerEvent> {
    for (;;) {
      const end = this.#rest.indexOf("\n\n");
      if (end < 0) {
        this.#rest += await this.#chunk();
        continue;
      }
      const fields = new Map(this.#rest.slice(0, end).split("\n").map(fieldOf));
      this.#rest = this.#rest.slice(end + 2);
      const data = fields.get("data");
      if (data !== undefined) return { data: JSON.parse(data) as Frame, id: fields.get("id") };
    }
  }

  close(): void {
    this.#abort.abort();
  }

  async #chunk(): Promise<string> {
    const timer = setTimeout(() => this.close(), ANSWER_MS);
    try {
      const { value } = await this.#reader.read();
      if (value === undefined) throw new Error("the stream has ended");
      return value;
    } catch (error) {
      throw new Failure(`an event was awaited: ${String(error)}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }
}

/** `data: {…}` as its name and its value. */
function fieldOf(line: string): [string, string] {
  const [, name = "", value = ""] = /^([^:]*): ?(.*)$/.exec(line) ?? [];
  return [name, value];
}
