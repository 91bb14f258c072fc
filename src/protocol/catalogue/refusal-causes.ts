// When each code is sent: the rules, and few words where they do not suffice. In the table of docs/PROTOCOL.md and in
// the AsyncAPI document.
import type { Code } from "../refusals.ts";

export const REFUSAL_CAUSES: Readonly<Record<Code, string>> = {
  bad_frame: "not JSON, not an object, a field missing or of the wrong form, a body too deep, a binary message",
  bad_name: "[N1], [N4]",
  reserved_name: "[N3], [N5]",
  bad_query: "[D3], [R3], [O7]",
  unauthorized: "the token is missing, wrong or expired: [A2], [J2], [J3]; HTTP: also a code",
  forbidden: "another's mailbox, an origin, a signed-out device, a missing scope ([B3])",
  proof_required: "[A15]",
  erased: "[A12]",
  suspended: "[X1]",
  disconnected: "[X3]",
  name_taken: "[A1], [B1]",
  rate_limited: "[A9], [A10], [U1], [U2], [U6], [U7], [U8], [U9], [H16]",
  unread: "[G7]",
  crowded_out: "[U3]",
  declined: "a refusal by the receiver: a stranger's limit, a block; one code for all; `refused`: the user's own block",
  mailbox_full: "[U4]; the user's own: [U10], [U11]",
  no_version: "[D5]",
  replaced: "[R4]",
  too_large: "[F3], [F4]",
  out_of_order: "[S3]",
  id_reused: "[S2]; HTTP: [H6]",
  unknown_receiver: "a name that nobody has ([A6]), or another mailbox than the intended one",
  gone: "plain: older messages were deleted ([R5])",
  not_found: "HTTP: an unknown address",
  upgrade_required: "[D1]",
  unable_to_store: "a failed commit of this mailbox: the disk is full",
  internal: "a failure of the server",
};
