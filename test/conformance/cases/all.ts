// All cases, by subject.
import type { Case } from "../case.ts";
import { ANSWERS } from "./answers.ts";
import { CONNECTING } from "./connecting.ts";
import { REFUSALS } from "./refusals.ts";

export const CASES: readonly Case[] = [...CONNECTING, ...ANSWERS, ...REFUSALS];
