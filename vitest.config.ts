// The projects. Inside the runtime, beside real objects and real SQLite, once for each way to configure a deployment: workerd, retention,
// accounts, jwt. In Node: pure needs nothing but the code, and finishes in seconds; node starts servers, browsers and other programs.
import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { reachedFrom } from "./scripts/imports.mjs";
import { LongestFirst } from "./scripts/sequencer.mjs";

/** Ms for a test or a hook. In the runtime the first test of a file includes the cold start of the Worker: 5 s on a loaded machine. */
const TIMEOUT_MS = 30_000;
/** Ms for a test or a hook that starts servers and browsers. */
const NODE_TIMEOUT_MS = 120_000;

const ACCOUNTS = [
  "test/accounts/**/*.test.ts",
  "test/identity/accounts/**/*.test.ts",
  "test/api/accounts/**/*.test.ts",
];
const JWT = ["test/identity/jwt/**/*.test.ts"];
const RETENTION = ["test/retention/**/*.test.ts"];
const RUNTIME = [
  "test/chaos/**/*.test.ts",
  "test/mailbox/**/*.test.ts",
  "test/census/**/*.test.ts",
  "test/identity/*.test.ts",
  "test/api/*.test.ts",
  "test/operator/*.test.ts",
  "test/transcripts/server.test.ts",
];
const OUTSIDE = { include: ["test/**/*.test.ts"], exclude: [...RUNTIME, ...RETENTION, ...ACCOUNTS, ...JWT] };

/** What a test that imports it, itself or through others, needs: another program, a socket, a browser, the runtime. */
const NEEDS = /^(node:child_process|node:https?|node:net|ws|wrangler|playwright-core|cloudflare:.*)$/;
/** Those that import none of it, and four that start the compiler, the formatter or git alone. */
const PURE = [
  ...globSync(OUTSIDE.include, { exclude: OUTSIDE.exclude }).filter(
    (file) => ![...reachedFrom(file).packages].some((name) => NEEDS.test(name)),
  ),
  "test/client/types.test.ts",
  "test/architecture.test.ts",
  "test/docs.test.ts",
  "test/reference.test.ts",
];

// Which seeds the chaos plays; `npm run chaos` sets them.
const { CHAOS_SEEDS = "120", CHAOS_FIRST = "1" } = process.env;
/** Of the operator, in every mode. */
const operator = { ADMIN_TOKEN: "operator-secret-of-at-least-32-characters" };

const chaos = { CHAOS_SEEDS, CHAOS_FIRST };

// What most tests are about has nothing to do with who may come in, or how often.
const open = { AUTH: "open", OPEN_ANYWHERE: "yes", RATE_LIMIT: "off" };
const jwt = {
  AUTH: "jwt",
  JWT_SECRET: "a secret of more than thirty-two bytes",
  JWT_ISSUER: "https://issuer.test",
  JWT_AUDIENCE: "restante",
};

function inRuntime(name: string, include: string[], bindings: Record<string, string>) {
  return {
    plugins: [
      cloudflareTest({
        wrangler: { configPath: "./wrangler.toml" },
        miniflare: { bindings: { ...operator, ...bindings } },
      }),
    ],
    test: {
      name,
      include,
      setupFiles: ["test/support/silence-log.ts", "test/support/platform-limits.ts"],
      testTimeout: TIMEOUT_MS,
      hookTimeout: TIMEOUT_MS,
    },
  };
}

export default defineConfig({
  test: {
    // By default one core less than there are: of two, one. Much of a test's time is waiting for a server to start.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    sequence: { sequencer: LongestFirst },
    projects: [
      inRuntime("workerd", RUNTIME, { ...open, ...chaos }),
      inRuntime("retention", RETENTION, { ...open, RETENTION_ENTRIES: "100" }),
      inRuntime("accounts", ACCOUNTS, {}),
      inRuntime("jwt", JWT, jwt),
      { test: { name: "pure", include: PURE, isolate: false, testTimeout: TIMEOUT_MS, hookTimeout: TIMEOUT_MS } },
      {
        test: {
          name: "node",
          include: OUTSIDE.include,
          exclude: [...OUTSIDE.exclude, ...PURE],
          globalSetup: "test/support/build-server.ts",
          testTimeout: NODE_TIMEOUT_MS,
          hookTimeout: NODE_TIMEOUT_MS,
          // 1 s by default: too short for a browser on a loaded machine.
          expect: { poll: { timeout: NODE_TIMEOUT_MS / 2 } },
        },
      },
    ],
  },
});
