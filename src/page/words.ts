// What the page says, in each language. The second table has the type of the first, so that no text can be left untranslated.

/** Letters that are written from right to left. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** A name in a sentence, so that its direction changes the order of nothing around it: what `bdi` is in markup. */
function isolated(name: string): string {
  return RIGHT_TO_LEFT.test(name) ? `\u2068${name}\u2069` : name;
}

const ENGLISH = {
  title: "Restante",
  loading: "Loading…",
  unreachable: "The server can't be reached.",
  tryAgain: "Try again",
  // Signing in
  welcome: "Your mailbox",
  nameHint: "Choose a name, or enter yours. Whoever takes a free name has it.",
  nameHintOpen: "Enter any name. This server lets anybody open any mailbox.",
  name: "Your name",
  go: "Continue",
  working: "One moment…",
  taken: "This name is taken. If it is yours, sign in:",
  code: "Recovery or link code",
  signIn: "Sign in",
  usePasskey: "Use a passkey",
  otherName: "Another name",
  invitation: "Invitation",
  token: "Token",
  noPasskey: "The browser has used no passkey.",
  recoveryTitle: "Keep this code",
  recoveryHint: "With it you get in when you have no other device. It is shown only now.",
  copy: "Copy",
  copied: "Copied",
  download: "Download",
  kept: "I have kept it",
  // Conversations
  search: "Search, or a new name",
  startWith: (name: string) => `Write to ${isolated(name)}`,
  requests: "Requests",
  conversations: "Conversations",
  nobody: "No conversations yet. Enter a name above, and write.",
  unread: (count: string) => `${count} unread`,
  you: (text: string) => `You: ${text}`,
  online: "online",
  lastSeen: (when: string) => `last seen ${when}`,
  typing: "typing…",
  // One conversation
  back: "Back",
  choose: "Choose a conversation",
  write: (name: string) => `Message to ${isolated(name)}`,
  send: "Send",
  older: "Show older messages",
  olderFailed: "Older messages can't be loaded without a connection.",
  start: "This is the beginning.",
  newMessages: "New messages",
  toNewest: "To the newest message",
  left: (bytes: string) => `${bytes} bytes left`,
  tooLong: (bytes: string) => `${bytes} bytes too long`,
  retry: "Send again",
  discard: "Discard",
  blocked: "You have blocked them. Nothing of theirs reaches you.",
  unblock: "Unblock",
  block: "Block",
  asks: (name: string) =>
    `${isolated(name)} wants to write to you. Until you answer or accept, they don't learn whether you are here.`,
  lookAlike: (name: string, other: string) =>
    `${isolated(name)} is not ${isolated(other)}: the letters only look alike.`,
  accept: "Accept",
  sending: "Waiting to be sent",
  queued: "On its way",
  stored: "Sent",
  delivered: "Delivered",
  read: "Read",
  failed: (why: string) => `Not sent: ${why}`,
  gone: "Some messages are no longer kept.",
  // Connection
  connecting: "Connecting…",
  waiting: (when: string) => `No connection. What you write is sent later. Next try at ${when}.`,
  connect: "Connect now",
  // Account
  account: "Account",
  close: "Close",
  devices: "Devices",
  thisDevice: "this one",
  signOutDevice: "Sign out",
  linkDevice: "Link a device",
  linkHint: (when: string) => `Enter it on the other device until ${when}.`,
  newRecovery: "New recovery code",
  passkeys: "Passkeys",
  addPasskey: "Add a passkey",
  remove: "Remove",
  privacy: "Privacy",
  receipts: "Others see what I have read, and I see it of them",
  presence: "Others see when I am here, and I see it of them",
  notify: "Notify me while this page is in the background",
  blocks: "Blocked",
  language: "Language",
  data: "Your data",
  exportAll: "Download everything",
  erase: "Erase the account",
  eraseHint: (name: string) =>
    `Everything goes, for good, and nobody gets the name again. To confirm enter ${isolated(name)}:`,
  signOut: "Sign out",
  licenses: "Licences",
};

export type Words = typeof ENGLISH;

const CHINESE: Words = {
  title: "Restante",
  loading: "正在加载…",
  unreachable: "无法连接服务器。",
  tryAgain: "重试",
  welcome: "你的邮箱",
  nameHint: "取一个名字，或输入你已有的名字。空闲的名字归先取者所有。",
  nameHintOpen: "输入任意名字。此服务器允许任何人打开任何邮箱。",
  name: "你的名字",
  go: "继续",
  working: "请稍候…",
  taken: "这个名字已被使用。如果它是你的，请登录：",
  code: "恢复码或关联码",
  signIn: "登录",
  usePasskey: "使用通行密钥",
  otherName: "换一个名字",
  invitation: "邀请码",
  token: "令牌",
  noPasskey: "浏览器没有使用通行密钥。",
  recoveryTitle: "请保存此恢复码",
  recoveryHint: "没有其他设备时，可凭它登录。它只显示这一次。",
  copy: "复制",
  copied: "已复制",
  download: "下载",
  kept: "我已保存",
  search: "搜索，或输入新名字",
  startWith: (name) => `给 ${isolated(name)} 写消息`,
  requests: "请求",
  conversations: "会话",
  nobody: "还没有会话。在上方输入名字，开始写吧。",
  unread: (count) => `${count} 条未读`,
  you: (text) => `你：${text}`,
  online: "在线",
  lastSeen: (when) => `上次在线 ${when}`,
  typing: "正在输入…",
  back: "返回",
  choose: "选择一个会话",
  write: (name) => `发给 ${isolated(name)} 的消息`,
  send: "发送",
  older: "显示更早的消息",
  olderFailed: "没有连接，无法加载更早的消息。",
  start: "会话从这里开始。",
  newMessages: "新消息",
  toNewest: "跳到最新消息",
  left: (bytes) => `还可输入 ${bytes} 字节`,
  tooLong: (bytes) => `超出 ${bytes} 字节`,
  retry: "重新发送",
  discard: "丢弃",
  blocked: "你已屏蔽对方，不会收到对方的任何内容。",
  unblock: "取消屏蔽",
  block: "屏蔽",
  asks: (name) => `${isolated(name)} 想给你写消息。在你回复或接受之前，对方无法得知你是否在线。`,
  lookAlike: (name, other) => `${isolated(name)} 不是 ${isolated(other)}：只是字母看起来相似。`,
  accept: "接受",
  sending: "等待发送",
  queued: "发送途中",
  stored: "已发送",
  delivered: "已送达",
  read: "已读",
  failed: (why) => `未发送：${why}`,
  gone: "部分消息已不再保留。",
  connecting: "正在连接…",
  waiting: (when) => `没有连接。你写的内容稍后发送。下次尝试：${when}。`,
  connect: "立即连接",
  account: "账户",
  close: "关闭",
  devices: "设备",
  thisDevice: "本机",
  signOutDevice: "退出登录",
  linkDevice: "关联设备",
  linkHint: (when) => `请在 ${when} 之前在另一台设备上输入。`,
  newRecovery: "新的恢复码",
  passkeys: "通行密钥",
  addPasskey: "添加通行密钥",
  remove: "移除",
  privacy: "隐私",
  receipts: "别人能看到我已读，我也能看到别人的已读",
  presence: "别人能看到我是否在线，我也能看到别人的",
  notify: "页面在后台时通知我",
  blocks: "已屏蔽",
  language: "语言",
  data: "你的数据",
  exportAll: "下载全部数据",
  erase: "注销账户",
  eraseHint: (name) => `所有内容将永久删除，名字也不会再给任何人。请输入 ${isolated(name)} 以确认：`,
  signOut: "退出登录",
  licenses: "许可证",
};

export const LANGUAGES = { en: "English", "zh-Hans": "简体中文" } as const;
export type Language = keyof typeof LANGUAGES;

const TABLES: Readonly<Record<Language, Words>> = { en: ENGLISH, "zh-Hans": CHINESE };
const KEPT = "restante language";

/** The language that was chosen here, or that the browser asks for. */
export function languageNow(): Language {
  const kept = localStorage.getItem(KEPT);
  if (kept !== null && Object.hasOwn(TABLES, kept)) return kept as Language;
  return navigator.languages.find((one) => /^(en|zh)\b/.test(one))?.startsWith("zh") === true ? "zh-Hans" : "en";
}

export function keepLanguage(language: Language): void {
  localStorage.setItem(KEPT, language);
}

export function wordsIn(language: Language): Words {
  return TABLES[language];
}
