// The projects: what runs inside the runtime, beside real objects and real SQLite, once for each way to configure a deployment; and
// what looks at it from outside, in Node.
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const ACCOUNTS = ["test/identity/accounts/**/*.test.ts", "test/api/accounts/**/*.test.ts"];
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

// Which seeds the chaos plays; `npm run chaos` sets them.
const { CHAOS_SEEDS = "200", CHAOS_FIRST = "1" } = process.env;
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
    test: { name, include, setupFiles: ["test/support/silence-log.ts", "test/support/platform.ts"] },
  };
}

export default defineConfig({
  test: {
    projects: [
      inRuntime("workerd", RUNTIME, { ...open, ...chaos }),
      inRuntime("retention", RETENTION, { ...open, RETENTION_ENTRIES: "100" }),
      inRuntime("accounts", ACCOUNTS, {}),
      inRuntime("jwt", JWT, jwt),
      {
        test: {
          name: "node",
          include: ["test/**/*.test.ts"],
          exclude: [...RUNTIME, ...RETENTION, ...ACCOUNTS, ...JWT],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
