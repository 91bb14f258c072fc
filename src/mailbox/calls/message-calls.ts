// The calls about messages: to send some, and to read the log and the conversations. Listings are JSON text.
import type { CallResult, Caller } from "../../protocol/caller.ts";
import type { SendOutcome, SendRequest } from "../../protocol/http-messages.ts";
import type { ListRange } from "../../protocol/list-range.ts";
import type { LogPageQuery } from "../../protocol/log-page.ts";
import { caller, done } from "./declare-call.ts";
import type { MailboxObject } from "../instance/context.ts";
import { clearConversation, removeMessage } from "../delivery/remove-messages.ts";
import { sendOverHttp } from "../delivery/send-over-http.ts";
import { readConversations, readMessages } from "../reading/read-conversations.ts";
import { reportedMessages } from "../reading/reported-messages.ts";
import { acknowledgeOverHttp, readEntries } from "../reading/read-log.ts";

const startSending = caller((context, _, sending: SendRequest) => sendOverHttp(context, sending));

export const messageCalls = {
  /** Resolves when every message has the outcome that a socket would have received. */
  send: async (
    object: MailboxObject,
    who: Caller,
    sending: SendRequest,
  ): Promise<CallResult<readonly SendOutcome[]>> => {
    const started = await startSending(object, who, sending);
    return "refused" in started ? started : { value: await Promise.all(started.value) };
  },

  entries: caller((context, _, query: LogPageQuery) => readEntries(context, query)),

  /** The device holds everything up to `seq`. */
  ack: caller((context, _, device: string, seq: number) => done(acknowledgeOverHttp(context, device, seq))),

  conversations: caller((context, _, range: ListRange) => ({ value: readConversations(context, range) })),

  /** Removes the conversation, or one message of it, for the user alone. */
  clear: caller((context, _, peer: string) => clearConversation(context, peer)),
  remove: caller((context, _, peer: string, seq: number) => removeMessage(context, peer, seq)),

  /** The chosen messages of the conversation with `peer`, for a report to the operators. */
  reportedMessages: caller((context, _, peer: string, seqs: readonly number[]) =>
    reportedMessages(context, peer, seqs),
  ),

  messages: caller((context, _, peer: string, range: ListRange) => ({ value: readMessages(context, peer, range) })),
};
