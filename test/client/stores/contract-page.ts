// The contract inside a page: `playCase` as a global, for a test to call.
import { browserStore } from "../../../src/client/browser.ts";
import { CASES } from "./contract.ts";

Object.assign(globalThis, {
  playCase: (title: string) => CASES.find((one) => one.title === title)?.play(browserStore, title),
});
