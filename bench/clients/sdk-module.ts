// The SDK that clients use: the present one, or that of another commit, whose module the environment names.
import process from "node:process";

const path = process.env["BENCH_SDK"] ?? "../../src/client/connect.ts";

export const { claim, connect } = (await import(path)) as typeof import("../../src/client/connect.ts");
