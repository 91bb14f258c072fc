// What the server tells the user of their account, as state.
import { beforeEach, expect, test } from "vitest";
import { enter, entered, link, stage } from "./scripted.ts";

beforeEach(stage);

const notice = (seq: number, code = "new_device") => ({
  type: "notice",
  seq,
  code,
  message: "Somebody.",
  about: "Tablet",
  at: seq,
});

test("[A13] notices are state: those that came while it was open, the latest twenty", async () => {
  const { me, mailbox } = await entered();
  const heard: number[] = [];
  me.notices.subscribe((all) => heard.push(all.length));
  expect(me.notices.value).toEqual([]);
  await mailbox.tell(notice(1), { type: "notice", seq: 2, code: "of_a_newer_server", message: "?" });
  expect(me.notices.value).toEqual([notice(1), { type: "notice", seq: 2, code: "of_a_newer_server", message: "?" }]);
  expect(heard.at(-1)).toBe(2);
  await mailbox.tell(...Array.from({ length: 30 }, (_, i) => notice(i + 3)));
  expect(me.notices.value.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, i) => i + 13));
});

test("[A13] a device that was never here is not told what happened before it came", async () => {
  const me = await enter();
  await link().welcome({ head: 9 });
  await link().tell(notice(8), notice(9));
  expect(me.notices.value).toEqual([]);
  await link().tell(notice(10, "sign_in_attempts"));
  expect(me.notices.value).toMatchObject([{ code: "sign_in_attempts" }]);
});
