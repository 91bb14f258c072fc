// What is shown before the page's script: index.html has the same logo as the page, so that nothing flickers.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const pathsIn = (file: string) => [...readFileSync(file, "utf8").matchAll(/\sd="([^"]+)"/g)].map(([, path]) => path);

test("the logo of index.html is that of the page", () => {
  expect(pathsIn("public/index.html")).toHaveLength(2);
  expect(pathsIn("public/index.html")).toEqual(pathsIn("src/web/brand.tsx"));
});
