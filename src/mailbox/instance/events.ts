// The events of one mailbox over its instance in memory: the context is assembled at the first one, and again after an
// erasure.
import { counterReport } from "../../metrics/report-counters.ts";
import { brokenMailboxes } from "../../protocol/broken-mailboxes.ts";
import { DEPTH_FROM_WORKER, DEPTH_OF_EVENT } from "../../durable/call-budget.ts";
import { assemble } from "./assemble.ts";
import type { MailboxContext, MailboxObject } from "./context.ts";
import { onPresenceAlarm } from "../people/presence.ts";

export class MailboxEvents implements MailboxObject {
  readonly state: DurableObjectState;
  readonly #env: Env;
  #context: MailboxContext | null = null;

  constructor(state: DurableObjectState, env: Env) {
    this.state = state;
    this.#env = env;
  }

  /**
   * Begins an event. `depth`: how many calls lead to it. `name`: the user's; unknown for sockets and alarms, for which
   * the log has it. `closing`: the socket whose close the event is.
   */
  enter(name: string | undefined, depth: number = DEPTH_FROM_WORKER, closing?: WebSocket): MailboxContext {
    const context = this.context(name, closing);
    context.budget.begin(depth);
    return context;
  }

  context(name?: string, closing?: WebSocket): MailboxContext {
    return (this.#context ??= this.#assemble(name, closing));
  }

  #assemble(name: string | undefined, closing: WebSocket | undefined): MailboxContext {
    try {
      const context = assemble(this.state, this.#env, name, closing);
      // Where commits fail, nothing else reports that.
      if (brokenMailboxes.areSeveral() && counterReport.isDue(Date.now()))
        context.background(counterReport.report(context.remote.reach));
      return context;
    } catch (error) {
      brokenMailboxes.add(name ?? this.state.id.toString());
      throw error;
    }
  }

  forget(): void {
    this.#context = null;
  }

  onAlarm(): void {
    const context = this.context();
    context.groupCommit.runNow(() => {
      context.alarms.onAlarm(Date.now());
      context.budget.begin(DEPTH_OF_EVENT);
      context.outbox.onAlarm();
      context.webhook.onAlarm();
      onPresenceAlarm(context);
    });
  }
}
