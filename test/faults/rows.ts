// Every row of the table, in its order.
import type { Fault } from "./fault.ts";
import { crash } from "./rows/crash.ts";
import { deploy } from "./rows/deploy.ts";
import { restore } from "./rows/restore.ts";
import { split } from "./rows/split.ts";

export const FAULTS: readonly Fault[] = [crash, deploy, split, restore];
