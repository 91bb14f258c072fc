// The table of variables: how each text is read, and how wrong values and unknown names are reported.
import { expect, test, vi } from "vitest";
import { logMisconfiguration, authModeOf } from "../../src/identity/auth-mode.ts";
import { nearestName, accessProblem, startProblems } from "../../src/identity/check-variables.ts";
import { configOf } from "../../src/mailbox/limits/config.ts";
import { retentionOf } from "../../src/mailbox/admin/retention-of.ts";
import { QUOTAS } from "../../src/protocol/limits.ts";
import { VARIABLES, valueOf, type Variables } from "../../src/protocol/variables.ts";

const SECRET = "x".repeat(32);

/** The problems that the start of a server reports for these variables. */
const problemsOf = (given: Record<string, unknown>) => {
  const all = { AUTH: "accounts", ...given };
  return startProblems(all, new Set(Object.keys(all))).join("\n");
};

test("the defaults are valid, and every row has a description", () => {
  expect(problemsOf({})).toBe("");
  expect(problemsOf(Object.fromEntries(Object.keys(QUOTAS).map((name) => [name, ""])))).toBe("");
  for (const row of Object.values(VARIABLES)) expect(row.means).toMatch(/^\S.*[^.]$/);
});

test.each<[name: string, value: unknown, problem: RegExp]>([
  ["RETENTION_DAYS", "ten", /RETENTION_DAYS is "ten"; it is a whole number from 1 to 36500/],
  ["RETENTION_DAYS", "1.5", /whole number/],
  ["RETENTION_DAYS", "-1", /whole number/],
  ["RETENTION_ENTRIES", "1e6", /whole number/],
  ["SEND_BURST", "0", /SEND_BURST is "0"; it is a whole number from 1/],
  ["SOCKETS", "Infinity", /whole number/],
  ["BACKLOG", "100,000", /whole number/],
  ["ATTEMPTS_PER_MINUTE", "abc", /whole number/],
  ["ATTEMPTS_PER_MINUTE", "9".repeat(400), /whole number/],
  ["RATE_LIMIT", "of", /RATE_LIMIT is "of"; it can be empty, on or off/],
  ["RATE_LIMIT", false, /it can be empty, on or off/],
  ["REQUESTS", "yes", /it can be empty, on or off/],
  ["OPEN_ANYWHERE", "true", /it can be empty or yes/],
  ["JURISDICTION", "us", /it can be empty, eu/],
  ["AUTH", "Accounts", /it can be accounts, jwt or open/],
  ["REGISTRATION", "", /it can be open, invite or closed/],
  ["REGISTRATION", "invite", /needs an INVITE_SECRET/],
  ["ADMIN_TOKEN", "short", /ADMIN_TOKEN needs at least 32 characters/],
  ["ADMIN_TOKEN", `${SECRET} `, /no blanks/],
  ["ORIGIN", "chat.example.com", /did you mean https:\/\/chat\.example\.com\?/],
  ["ORIGIN", "https://chat.example.com/app", /no path; did you mean https:\/\/chat\.example\.com\?/],
  ["ORIGIN", "capacitor://localhost", /begins with https/],
  ["ORIGIN", "*", /scheme/],
  ["ALLOWED_ORIGINS", "*", /can't be \* where there are cookies/],
  ["ALLOWED_ORIGINS", "app.example.com", /matches no page.*did you mean https:\/\/app\.example\.com\?/],
  ["ALLOWED_ORIGINS", "localhost:3000", /did you mean https:\/\/localhost:3000\?/],
  ["ALLOWED_ORIGINS", "https://app.example.com/path", /did you mean https:\/\/app\.example\.com\?/],
  ["ALLOWED_ORIGINS", "https://*.example.com", /wildcard/],
  ["ALLOWED_ORIGINS", "wss://app.example.com", /no page has an origin of this scheme/],
  ["ALLOWED_ORIGINS", "null", /begins with its scheme/],
  ["ALLOWED_ORIGINS", "https://me@app.example.com", /a scheme, a host and a port/],
  ["ALLOWED_ORIGINS", "https://", /it is no origin/],
])("%s=%s stops the start, with a sentence", (name, value, problem) => {
  expect(problemsOf({ [name]: value })).toMatch(problem);
});

test.each([
  ["REGISTATION", "REGISTRATION"],
  ["REGISTRATIONS", "REGISTRATION"],
  ["registration", "REGISTRATION"],
  ["AUHT", "AUTH"],
  ["ADMIN-TOKEN", "ADMIN_TOKEN"],
  ["ADMINTOKEN", "ADMIN_TOKEN"],
  ["ALLOWED_ORIGIN", "ALLOWED_ORIGINS"],
  ["RATELIMIT", "RATE_LIMIT"],
  ["JWT_JWK_URL", "JWT_JWKS_URL"],
  ["RETENTION_DAY", "RETENTION_DAYS"],
])("the unknown variable %s is reported with %s as the suggestion", (name, meant) => {
  expect(problemsOf({ [name]: "x" })).toBe(`There is no variable ${name}; did you mean ${meant}?`);
});

test("an unknown name without a suggestion is refused on the command line, and ignored in a file of several programs", () => {
  expect(nearestName("CLOUDFLARE_API_TOKEN")).toBe(null);
  expect(problemsOf({ CLOUDFLARE_API_TOKEN: "x" })).toBe("There is no variable CLOUDFLARE_API_TOKEN.");
  expect(startProblems({ AUTH: "open", CLOUDFLARE_API_TOKEN: "x" }, new Set(["AUTH"]))).toEqual([]);
  for (const binding of ["MAILBOX", "CENSUS", "REGISTRY", "ASSETS", "RATE", "ANALYTICS"]) {
    expect(nearestName(binding), binding).toBe(null);
  }
});

test("reports quote no secret", () => {
  const given = { REGISTRATION: "invite", INVITE_SECRET: "hunter2", ADMIN_TOKEN: "hunter3", JWT_SECRET: "hunter4" };
  expect(problemsOf(given)).not.toContain("hunter");
  expect(problemsOf({ ...given, AUTH: "jwt", JWT_ISSUER: "i", JWT_AUDIENCE: "a" })).not.toContain("hunter");
});

const jwt = { AUTH: "jwt", JWT_ISSUER: "i", JWT_AUDIENCE: "a" };
test.each([
  ["http://keys.example.com/", /must be https/],
  ["http://localhost.example.com/", /must be https/],
  ["https://me:secret@keys.example.com/", /without a user/],
  ["keys.example.com", /no address/],
])("the key set address %s is refused", (JWT_JWKS_URL, problem) => {
  expect(accessProblem({ ...jwt, JWT_JWKS_URL })).toMatch(problem);
});

test.each(["https://keys.example.com/x", "http://localhost:9/", "http://127.0.0.1:9/", "http://[::1]:9/"])(
  "the key set address %s is accepted",
  (JWT_JWKS_URL) => {
    expect(accessProblem({ ...jwt, JWT_JWKS_URL })).toBe(null);
  },
);

test("a wrong value is replaced by its default", () => {
  const wrong = { SEND_BURST: "0", SOCKETS: "many", RATE_LIMIT: "of", REQUESTS: "yes", RETENTION_DAYS: "ten" };
  const rules = configOf({ AUTH: "accounts", ...wrong });
  expect(rules).toMatchObject({ requests: true, quotas: QUOTAS });
  expect(retentionOf(wrong)).toEqual({ entries: null, age: null });
});

test("a valid value is used, as a text or as a number of wrangler.toml", () => {
  const rules = configOf({ AUTH: "open", SEND_BURST: 7, REQUESTS: "on" } as unknown as Variables);
  expect(rules).toMatchObject({ mode: "open", requests: true, quotas: { ...QUOTAS, SEND_BURST: 7 } });
  expect(configOf({ AUTH: "open", RATE_LIMIT: "off" })).toMatchObject({ requests: false, quotas: null });
  expect(retentionOf({ RETENTION_DAYS: " 2 ", RETENTION_ENTRIES: "100" })).toEqual({ entries: 100, age: 172_800_000 });
  expect(valueOf({ ORIGIN: "HTTPS://Chat.Example.com:443/" }, "ORIGIN")).toBe("https://chat.example.com");
});

/** The log lines of an isolate that starts with these variables. */
function announced(variables: Record<string, string>): unknown[] {
  const lines: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  logMisconfiguration({ AUTH: "accounts", ...variables } as Variables);
  log.mockRestore();
  return lines.map((line) => JSON.parse(line) as unknown);
}

test("a deployment with wrong variables logs them, and refuses everybody where a default could let in too many", () => {
  expect(announced({})).toEqual([]);
  expect(announced({ RETENTION_DAYS: "ten", ALLOWED_ORIGINS: "app.example.com", REGISTATION: "closed" })).toMatchObject(
    [
      { event: "variable_misconfigured", error: expect.stringContaining("ALLOWED_ORIGINS has an entry") },
      { event: "variable_misconfigured", error: expect.stringContaining("RETENTION_DAYS") },
      { event: "variable_misconfigured", error: expect.stringContaining("did you mean REGISTRATION?") },
    ],
  );
  for (const wrong of [{ JURISDICTION: "us" }, { ORIGIN: "chat" }, { REGISTRATION: "" }, { AUTH: "none" }]) {
    expect(announced(wrong)).toMatchObject([{ event: "auth_misconfigured" }]);
    expect(authModeOf({ AUTH: "accounts", ...wrong })).toBe(null);
  }
  expect(announced({ ADMIN_TOKEN: "short" })).toMatchObject([{ event: "admin_misconfigured" }]);
});
