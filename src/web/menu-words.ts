// What the menus of messages and conversations say, in each language.
import { isolated } from "./isolated-name.ts";

const ENGLISH = {
  messageMenu: "Message options",
  chatMenu: (name: string) => `Options for ${isolated(name)}`,
  copyText: "Copy text",
  deleteForMe: "Delete for me",
  deleteMessageAsk: "Delete this message for you, on all your devices? The other person keeps it.",
  deleteOwnNoteAsk: "Delete this message on all your devices?",
  pin: "Pin to top",
  unpin: "Unpin",
  pinned: "Pinned",
  mute: "Mute",
  unmute: "Unmute",
  muted: "Muted",
  hide: "Hide from list",
  unhide: "Show in list",
  deleteChat: "Delete chat",
  deleteChatAsk: (name: string) =>
    `Delete this chat for you, on all your devices? ${isolated(name)} keeps their copy. This can't be undone.`,
  deleteNotesAsk: "Delete all your notes, on all your devices? This can't be undone.",
  blockAsk: (name: string) =>
    `Block ${isolated(name)}? You won't get their messages, and they can't see when you're online.`,
};

const CHINESE: typeof ENGLISH = {
  messageMenu: "消息选项",
  chatMenu: (name) => `与 ${isolated(name)} 的聊天选项`,
  copyText: "复制文字",
  deleteForMe: "仅为我删除",
  deleteMessageAsk: "要在你的所有设备上删除这条消息吗？对方仍会保留。",
  deleteOwnNoteAsk: "要在你的所有设备上删除这条消息吗？",
  pin: "置顶",
  unpin: "取消置顶",
  pinned: "已置顶",
  mute: "免打扰",
  unmute: "取消免打扰",
  muted: "免打扰",
  hide: "从列表中隐藏",
  unhide: "在列表中显示",
  deleteChat: "删除聊天",
  deleteChatAsk: (name) => `要在你的所有设备上删除这个聊天吗？${isolated(name)} 仍会保留自己的那一份。删除后无法恢复。`,
  deleteNotesAsk: "要在你的所有设备上删除全部备忘吗？删除后无法恢复。",
  blockAsk: (name) => `要屏蔽 ${isolated(name)} 吗？你不会再收到对方的消息，对方也看不到你是否在线。`,
};

export const MENU_WORDS = { en: ENGLISH, "zh-Hans": CHINESE } as const;
