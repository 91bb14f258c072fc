// Formats the trace of a message, step by step.
import type { MessageTrace, Trace } from "../../src/protocol/operator-orders.ts";
import type { Line } from "./logs.ts";
import { bytes, duration, table, time, titled } from "./table.ts";

type Step = readonly [step: string, is: string, at: string, more: string];

export function traceText(trace: Trace, logs: readonly Line[], now: number): string {
  const { from, to, state, code, author, receiver } = trace;
  const written = author?.message ?? receiver?.message;
  const size = written ? `, ${bytes(written.bytes)}` : "";
  const title = `${from} → ${to}${size}: ${state}${code === null ? "" : ` (${code})`}\n`;
  const steps: Step[] = [
    accepted(author, from),
    ...(from === to ? [] : [queued(author, now), stored(trace), ...deliverySteps(trace)]),
  ];
  const lines = logs.map(({ event, at, user: _user, ...rest }) => [time(at), event, wordsOf(rest)]);
  const log = titled("In the log", table(["at (UTC)", "event", ""], lines));
  return `${title}\n${table(["step", "", "at (UTC)", ""], steps)}${log}`;
}

function accepted(author: MessageTrace | null, from: string): Step {
  const message = author?.message ?? null;
  if (message === null) return ["accepted", "?", "–", `${from}'s mailbox no longer has an entry of it`];
  const by = message.device === null ? "a plain client" : `device ${message.device}, id ${message.id}`;
  return ["accepted", "yes", time(message.at), `seq ${message.seq}, by ${by}`];
}

function queued(author: MessageTrace | null, now: number): Step {
  if (author?.owed !== true) return ["queued", "no", "–", "it is settled"];
  const next =
    author.alarm === null ? "a try is under way" : `next try ${time(author.alarm)}, in ${duration(author.alarm - now)}`;
  return ["queued", "yes", "–", next];
}

function stored({ to, state, code, receiver }: Trace): Step {
  const message = receiver?.message ?? null;
  if (message !== null) return ["stored", "yes", "–", `seq ${message.seq} in ${to}'s log`];
  if (state === "failed")
    return [
      "stored",
      "no",
      "–",
      `finally refused: ${code}${receiver?.suspended === true ? "; the receiver is suspended" : ""}`,
    ];
  if (state === "queued" || state === "unknown")
    return ["stored", "no", "–", receiver === null ? `${to} has no mailbox, or it did not answer` : ""];
  return ["stored", "yes", "–", `but ${to}'s mailbox no longer has it`];
}

function deliverySteps({ state, author, receiver }: Trace): Step[] {
  if (state === "failed") return [];
  const seq = receiver?.message?.seq ?? Infinity;
  const devices = (receiver?.devices ?? []).map(({ device, cursor, online }) => {
    return `${device}${cursor >= seq ? " has it" : " lacks it"}${online ? ", online" : ""}`;
  });
  const sent = author?.message ?? null;
  const delivered = sent !== null && (author?.peer.delivered ?? 0) >= sent.seq;
  const read = (receiver?.peer.mine ?? 0) >= seq;
  const hasReadReceipt = sent !== null && (author?.peer.read ?? 0) >= sent.seq;
  return [
    ["delivered", delivered ? "yes" : "no", "–", devices.join("; ") || "the receiver has no device yet"],
    [
      "read",
      read || hasReadReceipt ? "yes" : "no",
      "–",
      read && !hasReadReceipt ? "but the author has no read receipt, or not yet" : "",
    ],
  ];
}

function wordsOf(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(" ");
}
