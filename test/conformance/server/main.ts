import { runServerCases } from "./run-server-cases.ts";
const [url = "", only] = process.argv.slice(2);
const { results } = await runServerCases(url, { print: console.log, ...(only !== undefined && { only }) });
for (const r of results)
  console.log(r.verdict.padEnd(9), String(r.ms).padStart(6), r.title, r.why ? `\n     ${r.why}` : "");
console.log(results.filter((r) => r.verdict === "broken").length, "broken");
