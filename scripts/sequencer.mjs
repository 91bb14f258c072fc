// The order of test files: as vitest has it (project by project, the largest file first), but for a few that take
// longest. These begin first, so that none runs alone at the end while other cores are idle.
import { BaseSequencer } from "vitest/node";

/** Files of a minute or more. */
const LONGEST =
  /\/(chaos\/chaos|faults\/faults|stories\/(webhooks|erase)|web\/(appearance|messaging)|mailbox\/idle)\.test\.ts$/;

export class LongestFirst extends BaseSequencer {
  async sort(files) {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }) => LONGEST.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
