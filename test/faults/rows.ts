// Every row of the table, in its order.
import type { Fault } from "./fault.ts";
import { crash } from "./rows/crash.ts";
import { deploy } from "./rows/deploy.ts";
import { clock } from "./rows/clock.ts";
import { flood } from "./rows/flood.ts";
import { hostileFrames } from "./rows/frames.ts";
import { fullDisk, quota } from "./rows/full-disk.ts";
import { halfOpen } from "./rows/half-open.ts";
import { versions } from "./rows/versions.ts";
import { soak } from "./rows/soak.ts";
import { slowReader } from "./rows/slow-reader.ts";
import { jitter } from "./rows/jitter.ts";
import { restore } from "./rows/restore.ts";
import { split } from "./rows/split.ts";

export const FAULTS: readonly Fault[] = [
  jitter,
  crash,
  deploy,
  versions,
  halfOpen,
  slowReader,
  split,
  fullDisk,
  quota,
  restore,
  clock,
  flood,
  hostileFrames,
  soak,
];
