// All faults, in the order of the report.
import type { Fault } from "./fault.ts";
import { crash } from "./scenarios/crash.ts";
import { deploy } from "./scenarios/deploy.ts";
import { clock } from "./scenarios/clock.ts";
import { flood } from "./scenarios/flood.ts";
import { hostileFrames } from "./scenarios/hostile-frames.ts";
import { fullDisk, fullDiskSelfHosted, quota } from "./scenarios/full-disk.ts";
import { halfOpen } from "./scenarios/half-open.ts";
import { versions } from "./scenarios/rolling-versions.ts";
import { soak } from "./scenarios/soak.ts";
import { slowReader } from "./scenarios/slow-reader.ts";
import { jitter } from "./scenarios/jitter.ts";
import { restore } from "./scenarios/restore.ts";
import { split } from "./scenarios/split.ts";

export const FAULTS: readonly Fault[] = [
  jitter,
  crash,
  deploy,
  versions,
  halfOpen,
  slowReader,
  split,
  fullDisk,
  fullDiskSelfHosted,
  quota,
  restore,
  clock,
  flood,
  hostileFrames,
  soak,
];
