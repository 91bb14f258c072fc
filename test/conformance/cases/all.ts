// All cases, by subject.
import type { Case } from "../case.ts";
import { ANSWERS } from "./answers.ts";
import { CLOSING } from "./closing.ts";
import { CONNECTING } from "./connecting.ts";
import { NETWORK } from "./network.ts";
import { REFUSALS } from "./refusals.ts";

export const CASES: readonly Case[] = [...CONNECTING, ...NETWORK, ...CLOSING, ...ANSWERS, ...REFUSALS];
