// A check of a Dockerfile against our own rules, where no linter for it is installed. It knows the instructions and their
// lines, and runs nothing.

const INSTRUCTIONS = new Set(
  "FROM ARG ADD RUN COPY USER VOLUME EXPOSE STOPSIGNAL HEALTHCHECK ENTRYPOINT CMD LABEL WORKDIR ENV".split(" "),
);

interface Instruction {
  readonly name: string;
  readonly args: string;
}

/** What breaks a rule, in sentences. */
export function lintDockerfile(text: string): string[] {
  const all = instructionsIn(text);
  const last = all.slice(all.findLastIndex(({ name }) => name === "FROM"));
  const of = (name: string, from = last) => from.filter((one) => one.name === name).map(({ args }) => args);
  const problems: string[] = [];
  const rule = (holds: boolean, problem: string) => void (holds || problems.push(problem));
  for (const { name } of all) rule(INSTRUCTIONS.has(name), `${name} is no instruction.`);
  for (const args of of("FROM", all))
    rule(/^debian:stable-slim( AS \w+)?$/.test(args), `FROM ${args}: it must be debian:stable-slim.`);
  for (const args of of("ADD", all)) rule(!/:\/\//.test(args), "ADD takes nothing from the internet.");
  for (const args of of("RUN", all).filter((one) => one.includes("apt-get install"))) {
    rule(args.includes("--no-install-recommends"), "apt-get installs packages that are only recommended.");
    rule(args.startsWith("apt-get update &&"), "apt-get install needs apt-get update in the same layer.");
    rule(args.includes("rm -rf /var/lib/apt/lists/*"), "The lists of apt-get stay in the layer.");
  }
  rule(of("ENV", all).length === 0, "ENV: variables and secrets come when it runs.");
  const [user = ""] = of("USER");
  rule(/^[1-9]\d*(:[1-9]\d*)?$/.test(user), "USER must be a number that is not 0.");
  rule(of("VOLUME").join() === "/var/lib/restante", "The state folder must be a volume.");
  rule(
    of("HEALTHCHECK").some((args) => /CMD \[.*\/api\/health/.test(args)),
    "There is no health check.",
  );
  for (const name of ["ENTRYPOINT", "CMD"])
    rule(of(name).length === 1 && isList(of(name)[0]), `${name} must be one list.`);
  const [command = ""] = of("CMD");
  for (const flag of ["--env-all", "--state", "0.0.0.0"]) rule(command.includes(`"${flag}"`), `CMD has no ${flag}.`);
  return problems;
}

function instructionsIn(text: string): Instruction[] {
  const lines = text.split("\n").filter((line) => !/^\s*#/.test(line));
  const joined = lines.join("\n").replace(/\s*\\\n\s*/g, " ");
  return joined.split("\n").flatMap((line) => {
    const [, name, args = ""] = /^(\S+)(?:\s+(.*?))?\s*$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, args }];
  });
}

/** A list of texts is run as it is: with a shell in between, signals end the shell alone. */
function isList(args = ""): boolean {
  try {
    const value: unknown = JSON.parse(args);
    return Array.isArray(value) && value.every((one) => typeof one === "string");
  } catch {
    return false;
  }
}
