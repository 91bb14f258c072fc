// A page with nothing but the SDK, for tests: `shown` has the messages that were shown, `me` is the client.
import { connect } from "../../src/client/connect.ts";

const shown: unknown[] = [];

Object.assign(globalThis, {
  shown,
  enter: (url: string, userName: string, since: "start" | "now") => {
    const me = connect({ url, userName, since });
    me.messages.subscribe(({ body }) => shown.push(body));
    Object.assign(globalThis, { me });
  },
});
