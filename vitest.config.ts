// Two projects: what runs inside the runtime, beside real objects and real SQLite; and what looks at it from outside, in Node.
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const inRuntime = ["test/mailbox/**/*.test.ts", "test/census/**/*.test.ts", "test/identity/**/*.test.ts"];

export default defineConfig({
  test: {
    // The structured log of the objects under test is of no use between the lines of a report.
    onConsoleLog: (text) => !text.startsWith('{"event"'),
    projects: [
      {
        plugins: [cloudflareTest({ wrangler: { configPath: "./wrangler.toml" } })],
        test: { name: "workerd", include: inRuntime },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: { bindings: { RETENTION_ENTRIES: "100" } },
          }),
        ],
        test: { name: "retention", include: ["test/retention/**/*.test.ts"] },
      },
      {
        test: {
          name: "node",
          include: ["test/**/*.test.ts"],
          exclude: [...inRuntime, "test/retention/**"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
