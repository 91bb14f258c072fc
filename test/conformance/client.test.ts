// The SDK passes the conformance cases.
import { expectConformance } from "./expect-conformance.ts";

expectConformance("the SDK", async () => "node test/conformance/adapters/sdk.ts", {
  fails: [
    "[T10][R3] a gap that comes again is reported once",
    '[T4][U12] an old message of this device name with the same number, and "hello", is another message',
    "[T15][U7] `read` is said again when the mailbox says that it dropped frames",
  ],
});
