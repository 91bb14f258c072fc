// The latest notices of the server about the account. It knows nothing of what they say.
import { Computed } from "./live-value.ts";
import type { Notice } from "./tab-messages.ts";

/** Answers: memory that grows with each notice. */
const MAX_NOTICES = 20;

export class LatestNotices extends Computed<readonly Notice[]> {
  #notices: readonly Notice[] = [];

  constructor() {
    super(() => this.#notices);
  }

  add(notice: Notice): void {
    this.#notices = [...this.#notices, notice].slice(-MAX_NOTICES);
    this.changed();
  }
}
