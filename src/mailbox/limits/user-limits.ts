// The limits of one user: the deployment's, with those that an operator has set for this user in their place. It also
// says which limits have refused something lately.
import type { QuotaChange, UserLimitState } from "../../protocol/own-quotas.ts";
import { QUOTA_NAMES } from "../../protocol/own-quotas.ts";
import type { QuotaRows } from "../log/accounts/quota-rows.ts";
import type { MailboxConfig, Quotas } from "./config.ts";
import { type LimitName, userBuckets } from "./user-buckets.ts";

export class UserLimits {
  readonly #user: string;
  readonly #config: MailboxConfig;
  readonly #rows: QuotaRows;
  /** Null where the limits are off. */
  quotas: Quotas | null;
  /** Messages that a stranger may write before the user has accepted. */
  strangerMessages: number;

  constructor(user: string, config: MailboxConfig, rows: QuotaRows) {
    this.#user = user;
    this.#config = config;
    this.#rows = rows;
    ({ quotas: this.quotas, strangerMessages: this.strangerMessages } = this.#apply());
  }

  /** Sets quotas; null ends one. The buckets begin anew, full. */
  change(change: QuotaChange): void {
    this.#rows.change(change);
    ({ quotas: this.quotas, strangerMessages: this.strangerMessages } = this.#apply());
    userBuckets.forget(this.#user);
  }

  noteRefusal(limit: LimitName): void {
    userBuckets.noteRefusal(this.#user, limit);
  }

  get state(): UserLimitState {
    const { quotas } = this;
    const values = quotas === null ? null : Object.fromEntries(QUOTA_NAMES.map((name) => [name, quotas[name]]));
    return {
      values: values as UserLimitState["values"],
      own: this.#rows.own,
      refused: userBuckets.refusals(this.#user),
    };
  }

  #apply(): { quotas: Quotas | null; strangerMessages: number } {
    const { own } = this.#rows;
    const { quotas, strangerMessages } = this.#config;
    return {
      quotas: quotas === null ? null : { ...quotas, ...own },
      strangerMessages: own.STRANGER_MESSAGES ?? strangerMessages,
    };
  }
}
