// Notices of the server about the account, as state.
import { beforeEach, expect, test } from "vitest";
import { newClient, connectedClient, link, playNetwork } from "./scripted.ts";

beforeEach(playNetwork);

const notice = (seq: number, code = "new_device") => ({
  type: "notice",
  seq,
  code,
  message: "Somebody.",
  about: "Tablet",
  at: seq,
});

test("[A13] notices are state: the latest twenty since the mailbox was opened", async () => {
  const { me, mailbox } = await connectedClient();
  const counts: number[] = [];
  me.notices.subscribe((all) => counts.push(all.length));
  expect(me.notices.value).toEqual([]);
  await mailbox.deliver(notice(1), { type: "notice", seq: 2, code: "of_a_newer_server", message: "?" });
  expect(me.notices.value).toEqual([notice(1), { type: "notice", seq: 2, code: "of_a_newer_server", message: "?" }]);
  expect(counts.at(-1)).toBe(2);
  await mailbox.deliver(...Array.from({ length: 30 }, (_, i) => notice(i + 3)));
  expect(me.notices.value.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, i) => i + 13));
});

test("[A13] a new device gets no notices from before it was here", async () => {
  const me = await newClient();
  await link().welcome({ head: 9 });
  await link().deliver(notice(8), notice(9));
  expect(me.notices.value).toEqual([]);
  await link().deliver(notice(10, "sign_in_attempts"));
  expect(me.notices.value).toMatchObject([{ code: "sign_in_attempts" }]);
});
