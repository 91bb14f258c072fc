// Two projects: what runs inside the runtime, beside real objects and real SQLite; and what looks at it from outside, in Node.
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const inRuntime = [
  "test/chaos/**/*.test.ts",
  "test/mailbox/**/*.test.ts",
  "test/census/**/*.test.ts",
  "test/identity/**/*.test.ts",
  "test/transcripts/server.test.ts",
];

// Which seeds the chaos plays; `npm run chaos` sets them.
const { CHAOS_SEEDS = "200", CHAOS_FIRST = "1" } = process.env;
const chaos = { CHAOS_SEEDS, CHAOS_FIRST };

export default defineConfig({
  test: {
    // The structured log of the objects under test is of no use between the lines of a report.
    onConsoleLog: (text) => !text.startsWith('{"event"'),
    projects: [
      {
        plugins: [cloudflareTest({ wrangler: { configPath: "./wrangler.toml" }, miniflare: { bindings: chaos } })],
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
