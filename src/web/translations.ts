// What the page says, in each language. The second table has the type of the first, so that no text can be left
// untranslated. Some places of the page have their words in files of their own; the account's dialog loads its own.
import { store, stored } from "./browser-storage.ts";
import { ENTRANCE_WORDS } from "./entrance-words.ts";
import { isolated } from "./isolated-name.ts";
import { MENU_WORDS } from "./menu-words.ts";
import { READING_WORDS } from "./reading-words.ts";
import { REFUSAL_WORDS } from "./refusal-words.ts";

const ENGLISH = {
  ...ENTRANCE_WORDS.en,
  ...REFUSAL_WORDS.en,
  ...READING_WORDS.en,
  ...MENU_WORDS.en,
  title: "Restante",
  loading: "Loading…",
  unreachable: "The server can't be reached. Check your connection.",
  tryAgain: "Try again",
  // Conversations
  search: "Search or start a chat",
  startWith: (name: string) => `Message ${isolated(name)}`,
  requests: "Requests",
  conversations: "Chats",
  nobody: "No chats yet",
  nobodyHint: "Type someone's username above to say hello, or share your link.",
  loadingChats: "Loading your chats…",
  chatsLater: "Your chats appear here once you're online.",
  notFound: (name: string) => `No chat with “${isolated(name)}”`,
  yourName: "Your username:",
  copyInvitation: "Copy invite link",
  invitationCopied: "Copied. Anyone with the link can write to you.",
  qrCode: "QR code",
  qrCodeOf: (link: string) => `QR code of ${link}`,
  noteToSelf: "Note to self",
  noteHint: "Only you can see this chat",
  writeToSelf: "Message yourself",
  draft: "Draft:",
  blockedMark: "Blocked",
  unread: (count: string) => `${count} unread`,
  you: (text: string) => `You: ${text}`,
  online: "online",
  lastSeen: (when: string) => `last seen ${when}`,
  typing: "typing…",
  // One conversation
  back: "Back",
  choose: "Choose a chat, or start a new one",
  write: (name: string) => `Message ${isolated(name)}`,
  send: "Send",
  older: "Show older messages",
  olderFailed: "Older messages couldn't be loaded. Check your connection.",
  start: (name: string) => `This is the start of your chat with ${isolated(name)}.`,
  newMessages: "New messages",
  toNewest: "Jump to the newest message",
  retry: "Send again",
  discard: "Discard",
  blocked: (name: string) => `You blocked ${isolated(name)}. You won't get their messages.`,
  unblock: "Unblock",
  block: "Block",
  asks: (name: string) =>
    `${isolated(name)} wants to chat. They won't see that you're online or have read this until you accept.`,
  lookAlike: (name: string, other: string) => `${isolated(name)} isn't ${isolated(other)}: the names only look alike.`,
  accept: "Accept",
  sending: "Waiting to be sent",
  held: (when: string) => `Will be sent after ${when}`,
  queued: "Sending",
  stored: "Sent",
  delivered: "Delivered",
  read: "Read",
  says: (name: string) => `${isolated(name)} says:`,
  gone: "Some older messages are no longer kept.",
  // Account, and its notices: named by the notice's code
  account: "Account",
  cancel: "Cancel",
  notice_sign_in_attempts: "Someone tried to sign in as you with a wrong code or passkey.",
  notice_new_device: "A new device signed in.",
  notice_device_signed_out: "A device was signed out.",
  notice_others_signed_out: "All other devices were signed out.",
  notice_new_recovery_code: "A new recovery code was made. The old one no longer works.",
  notice_new_link_code: "A code for linking a device was made.",
  notice_new_passkey: "A passkey was added.",
  notice_passkey_removed: "A passkey was removed.",
  notice_other: "Something about your account has changed.",
  wasItYou: "Not you? Check your devices",
  dismiss: "Dismiss",
  // Connection
  connecting: "Connecting…",
  offline: "You're offline. Messages will wait.",
  storageFull: "This device is out of storage. Unsent messages will be lost if you close this page.",
  storageOff: "This browser saves nothing for this page. Unsent messages will be lost if you close it.",
};

export type Translations = typeof ENGLISH;

const CHINESE: Translations = {
  ...ENTRANCE_WORDS["zh-Hans"],
  ...REFUSAL_WORDS["zh-Hans"],
  ...READING_WORDS["zh-Hans"],
  ...MENU_WORDS["zh-Hans"],
  title: "Restante",
  loading: "正在加载…",
  unreachable: "连接不上服务器，请检查网络。",
  tryAgain: "重试",
  search: "搜索或发起聊天",
  startWith: (name) => `给 ${isolated(name)} 发消息`,
  requests: "聊天请求",
  conversations: "聊天",
  nobody: "还没有聊天",
  nobodyHint: "在上方输入对方的用户名打个招呼，或分享你的链接。",
  loadingChats: "正在加载聊天…",
  chatsLater: "联网后，你的聊天会显示在这里。",
  notFound: (name) => `没有与“${isolated(name)}”的聊天`,
  yourName: "你的用户名：",
  copyInvitation: "复制邀请链接",
  invitationCopied: "已复制。有链接的人都可以给你发消息。",
  qrCode: "二维码",
  qrCodeOf: (link) => `${link} 的二维码`,
  noteToSelf: "给自己的备忘",
  noteHint: "只有你自己能看到",
  writeToSelf: "给自己发消息",
  draft: "草稿：",
  blockedMark: "已屏蔽",
  unread: (count) => `${count} 条未读`,
  you: (text) => `你：${text}`,
  online: "在线",
  lastSeen: (when) => `上次在线 ${when}`,
  typing: "正在输入…",
  back: "返回",
  choose: "选择一个聊天，或发起新的聊天",
  write: (name) => `给 ${isolated(name)} 发消息`,
  send: "发送",
  older: "显示更早的消息",
  olderFailed: "未能加载更早的消息，请检查网络。",
  start: (name) => `你和 ${isolated(name)} 的聊天从这里开始。`,
  newMessages: "新消息",
  toNewest: "跳到最新消息",
  retry: "重新发送",
  discard: "删除",
  blocked: (name) => `你已屏蔽 ${isolated(name)}，不会收到对方的消息。`,
  unblock: "取消屏蔽",
  block: "屏蔽",
  asks: (name) => `${isolated(name)} 想和你聊天。在你接受之前，对方看不到你是否在线，也看不到你是否已读。`,
  lookAlike: (name, other) => `${isolated(name)} 不是 ${isolated(other)}：只是名称看起来相似。`,
  accept: "接受",
  sending: "等待发送",
  held: (when) => `将在 ${when} 之后发送`,
  queued: "发送中",
  stored: "已发送",
  delivered: "已送达",
  read: "已读",
  says: (name) => `${isolated(name)} 说：`,
  gone: "部分较早的消息已不再保留。",
  account: "账户",
  cancel: "取消",
  notice_sign_in_attempts: "有人用错误的登录码或通行密钥尝试登录你的账户。",
  notice_new_device: "有新设备登录。",
  notice_device_signed_out: "一台设备已退出登录。",
  notice_others_signed_out: "所有其他设备都已退出登录。",
  notice_new_recovery_code: "已生成新的恢复码，旧的已失效。",
  notice_new_link_code: "已生成用于关联设备的登录码。",
  notice_new_passkey: "已添加通行密钥。",
  notice_passkey_removed: "已移除通行密钥。",
  notice_other: "你的账户有变动。",
  wasItYou: "不是你本人操作？查看设备",
  dismiss: "知道了",
  connecting: "正在连接…",
  offline: "网络已断开，消息会在恢复连接后发送。",
  storageFull: "设备存储空间已满。关闭本页会丢失未发送的消息。",
  storageOff: "浏览器没有为本页保存数据。关闭本页会丢失未发送的消息。",
};

export const LANGUAGES = { en: "English", "zh-Hans": "简体中文" } as const;
export type Language = keyof typeof LANGUAGES;

const TABLES: Readonly<Record<Language, Translations>> = { en: ENGLISH, "zh-Hans": CHINESE };
const KEPT = "restante language";

/** The language that was chosen here, or that the browser asks for. */
export function languageNow(): Language {
  const kept = stored(KEPT);
  if (kept !== null && Object.hasOwn(TABLES, kept)) return kept as Language;
  return navigator.languages.find((one) => /^(en|zh)\b/.test(one))?.startsWith("zh") === true ? "zh-Hans" : "en";
}

export function keepLanguage(language: Language): void {
  store(KEPT, language);
}

export function translationsIn(language: Language): Translations {
  return TABLES[language];
}
