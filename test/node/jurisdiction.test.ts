// A deployment in another jurisdiction uses other namespaces, and so other mailboxes; check-deploy.test.ts has the look of
// `npm run deploy` before it changes them.
import { expect, test } from "vitest";
import { withJurisdiction } from "../../src/protocol/jurisdiction.ts";

/** A namespace that carries its name and jurisdiction. */
const space = (name: string) => ({ name, jurisdiction: (where: string) => ({ name: `${name} in ${where}` }) });
const spaces = () => ({
  MAILBOX: space("MAILBOX"),
  CENSUS: space("CENSUS"),
  REGISTRY: space("REGISTRY"),
  AUTH: "open",
});

test("JURISDICTION applies to every namespace, and without it the namespaces are unchanged", () => {
  const world = spaces();
  expect(withJurisdiction(world)).toBe(world);
  const there = withJurisdiction({ ...world, JURISDICTION: "eu" });
  expect(there).toMatchObject({
    MAILBOX: { name: "MAILBOX in eu" },
    CENSUS: { name: "CENSUS in eu" },
    REGISTRY: { name: "REGISTRY in eu" },
    AUTH: "open",
  });
});
