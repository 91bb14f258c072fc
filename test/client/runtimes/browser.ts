// The story inside a page: `play` as a global, for a test to call.
import * as sdk from "../../../src/client/connect.ts";
import { play } from "./story.ts";

Object.assign(globalThis, {
  play: (url: string, mark: string, kept: boolean) => play(sdk, url, mark, kept),
});
