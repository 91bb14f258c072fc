// All cases, by subject.
import type { Case } from "../case.ts";
import { ANSWERS } from "./answers.ts";
import { BODIES } from "./bodies.ts";
import { CLOSING } from "./closing.ts";
import { CONNECTING } from "./connecting.ts";
import { CRASHES } from "./crashes.ts";
import { LOG } from "./log.ts";
import { NETWORK } from "./network.ts";
import { RECEIPTS } from "./receipts.ts";
import { REFUSALS } from "./refusals.ts";
import { RESUMING } from "./resuming.ts";
import { TRANSCRIPTS } from "./transcripts.ts";

export const CASES: readonly Case[] = [
  ...CONNECTING,
  ...NETWORK,
  ...CLOSING,
  ...BODIES,
  ...ANSWERS,
  ...REFUSALS,
  ...LOG,
  ...RESUMING,
  ...RECEIPTS,
  ...CRASHES,
  ...TRANSCRIPTS,
];
