// What the page says where messages are read, written and notified, and of signing out, in each language.
import { isolated } from "./isolated-name.ts";

const ENGLISH = {
  tooLong: (characters: string) => `Too long. Shorten it by about ${characters} characters.`,
  onlyText: "Only text can be sent so far.",
  draftNotStored: "This browser can't keep your draft. It'll be lost when you close the page.",
  nobodyHere: "Nobody has this name",
  nobodyHereHint: (text: string) => `“${isolated(text)}” can't be a username. Check the link, or search for the name.`,
  toList: "To your chats",
  notified: (count: string, text: string) => `${count} new messages: ${text}`,
  signingOut: "Signing you out",
  signingOutHint:
    "Your messages are gone from this browser. The rest happens by itself as soon as you're online again.",
};

const CHINESE: typeof ENGLISH = {
  tooLong: (characters) => `内容过长，请删去约 ${characters} 个字。`,
  onlyText: "目前只能发送文字。",
  draftNotStored: "浏览器无法保存这份草稿，关闭页面后会丢失。",
  nobodyHere: "没有这个用户",
  nobodyHereHint: (text) => `“${isolated(text)}”不是有效的用户名。请检查链接，或直接搜索用户名。`,
  toList: "返回聊天列表",
  notified: (count, text) => `${count} 条新消息：${text}`,
  signingOut: "正在退出登录",
  signingOutHint: "此浏览器中的消息已清除。恢复网络后会自动完成退出。",
};

export const READING_WORDS = { en: ENGLISH, "zh-Hans": CHINESE } as const;
