// Who writes what in the screenshots, in each language.

export interface Cast {
  readonly language: string;
  readonly locale: string;
  /** The user whose page is shown. */
  readonly me: string;
  readonly friend: string;
  readonly stranger: string;
  readonly blocked: string;
  readonly draft: string;
  /** The conversation with the friend: `>` is the user's own. */
  readonly lines: readonly string[];
  /** What others write last, by name. */
  readonly others: Readonly<Record<string, string>>;
  readonly note: string;
}

const CODE = "```ts\nfor await (const message of me.messages) {\n  console.log(message.body);\n}\n```";

export const CASTS: readonly Cast[] = [
  {
    language: "en",
    locale: "en-GB",
    me: "anna",
    friend: "ben",
    stranger: "zoe",
    blocked: "spam.bot",
    draft: "I'll bring the map, and ",
    lines: [
      "Are we still on for Thursday?",
      "> Yes! Seven o'clock, at the usual place.",
      "> I'll bring the map: https://en.wikipedia.org/wiki/Windmill_(sculpture)",
      "Perfect.",
      "If it rains we take the train. It leaves at ten past eight from platform four, so we would have to meet a little earlier than we said last week.",
      "ok?",
      "> 👍",
      "> ok",
      `Does this look right to you? \`npm run build\` says yes:\n${CODE}`,
      "> Looks right.\n> One thing: see www.example.com/docs, the second chapter.",
      "🎉🎉",
      "> See you on Thursday then",
    ],
    others: {
      mei: "The report is done. Could you read it before noon?",
      carla: "ok",
      "a.name.that.is.as.long.as.a.name.can.be.which.is.sixty.four.sign": "Hello from the longest name there is.",
    },
    note: "Milk, bread, stamps",
  },
  {
    language: "zh-Hans",
    locale: "zh-CN",
    me: "小美",
    friend: "阿本",
    stranger: "陌生人",
    blocked: "广告",
    draft: "我会带上地图，还有",
    lines: [
      "周四还是老时间吗？",
      "> 对！七点，老地方。",
      "> 我带地图：https://zh.wikipedia.org/wiki/风车_(雕塑)，到时候一起看。",
      "太好了。",
      "要是下雨我们就坐火车去。八点十分从四号站台发车，所以得比上周说的早一点碰头，大概提前半个小时就够了。",
      "行吗？",
      "> 👍",
      "> 行",
      `你看这样对吗？\`npm run build\` 通过了：\n${CODE}`,
      "> 没问题。\n> 另外请看“www.example.com/docs”的第二章。",
      "🎉🎉",
      "> 那周四见",
    ],
    others: {
      美玲: "报告写好了，中午之前能看一下吗？",
      卡拉: "好的",
      "a.name.that.is.as.long.as.a.name.can.be.which.is.sixty.four.sign": "你好，我的名字最长。",
    },
    note: "牛奶、面包、邮票",
  },
];
