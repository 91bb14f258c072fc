// The AUTH variable and what depends on it. Problems of the variables are logged once, when an isolate starts.
import { isPrivate } from "../protocol/host.ts";
import { logEvent } from "../protocol/log-events.ts";
import { type Refusal, refusal } from "../protocol/refusals.ts";
import { type AuthMode, problemOfValue, valueOf } from "../protocol/variables.ts";
import { isVariable, nearestName, accessProblem, otherProblems, type Variables } from "./check-variables.ts";

/** The mode of each set of variables, checked once: they do not change while an isolate lives. */
const knownModes = new WeakMap<object, AuthMode | null>();

/** The mode, or null if the variables are invalid: then every request is refused. */
export function authModeOf(variables: Variables): AuthMode | null {
  const known = knownModes.get(variables);
  if (known !== undefined) return known;
  const mode = accessProblem(variables) === null ? valueOf(variables, "AUTH") : null;
  knownModes.set(variables, mode);
  return mode;
}

/** The refusal of every request while the variables are invalid. The details are in the log only. */
export function misconfiguredRefusal(): Refusal {
  return refusal("internal", "the server is not configured; its log says what is missing");
}

/** Logs the problems of the variables for the operator: who can sign in, and which variables are probably mistakes. */
export function logMisconfiguration(variables: Variables): void {
  const secret = problemOfValue(variables, "ADMIN_TOKEN");
  if (secret !== null) logEvent("admin_misconfigured", { error: `${secret} It opens nothing.` });
  const problem = accessProblem(variables);
  if (problem !== null) logEvent("auth_misconfigured", { error: `${problem} Every connection is refused.` });
  else if (valueOf(variables, "AUTH") === "open") {
    const where = isOpenAnywhere(variables) ? "" : " from this machine or a private network";
    logEvent("auth_open", { warning: `AUTH is open: anybody who can reach this server${where} may open any mailbox` });
  }
  for (const error of otherProblems(variables)) logEvent("variable_misconfigured", { error });
  for (const [name, value] of Object.entries(variables)) {
    const nearest = typeof value !== "string" || isVariable(name) ? null : nearestName(name);
    if (nearest !== null)
      logEvent("variable_misconfigured", { error: `${name} is no variable; did you mean ${nearest}?` });
  }
}

/** The operator's secret; null if there is none. Then only a service's token with the scope admin is an operator's. */
export function adminToken(variables: Variables): string | null {
  return valueOf(variables, "ADMIN_TOKEN") || null;
}

/** In `open` mode only loopback and private hosts are served, unless OPEN_ANYWHERE allows all. */
export function servesHost(variables: Variables, url: string): boolean {
  return isOpenAnywhere(variables) || isPrivate(new URL(url).hostname);
}

function isOpenAnywhere(variables: Variables): boolean {
  return valueOf(variables, "OPEN_ANYWHERE") === "yes";
}
