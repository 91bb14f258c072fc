// A client that is open as long as a component is mounted. It knows effects and options; no state of a client.
import { useEffect, useRef, useState } from "react";
import { connect, type Options, type Restante } from "../client/connect.ts";

/** One client, and what it was opened for. */
interface Opened {
  readonly key: string;
  readonly client: Restante;
  /** Those of the latest render. */
  options: Options;
  /** Whether the component is mounted. A client that is not used is closed. */
  isUsed: boolean;
  isClosed: boolean;
}

/**
 * Opens the mailbox of `userName` when the component is mounted, and closes it when it is unmounted. Null on the server,
 * in the first render, and where `given`, the options, is null. Another `url`, `userName`, `device` or token text opens another
 * client and closes the last one. Of a token function that of the latest render is called. Other options count when the
 * client is opened. A TypeError of `connect` reaches the nearest error boundary.
 */
export function useRestante<Body = unknown>(given: Options<Body> | null): Restante<Body> | null {
  const options = given as Options | null;
  const key = options === null ? null : keyOf(options);
  const last = useRef<Opened | null>(null);
  const [shown, show] = useState<Opened | null>(null);
  useEffect(() => {
    if (options !== null && last.current?.key === key) last.current.options = options;
  });
  useEffect(() => {
    if (options === null || key === null) return undefined;
    const { current } = last;
    const opened = current?.key === key && !current.isClosed ? current : open(key, options);
    last.current = opened;
    opened.isUsed = true;
    show(opened);
    return () => closeUnused(opened);
  }, [key]);
  // Never the client of another user, not even for the render before the effect.
  return shown?.key === key ? (shown.client as Restante<Body>) : null;
}

function keyOf({ url, userName, device, token }: Options): string {
  return JSON.stringify([url, userName, device, typeof token === "function" ? "" : token]);
}

function open(key: string, options: Options): Opened {
  const opened = { key, options, isUsed: true, isClosed: false };
  return Object.assign(opened, { client: connect(withLatestToken(options, () => opened.options.token)) });
}

/** A token function of a later render knows more: it may close over a session that has changed. */
function withLatestToken(options: Options, latest: () => Options["token"]): Options {
  const { token: first } = options;
  if (typeof first !== "function") return options;
  const token: typeof first = (...given) => {
    const now = latest();
    return (typeof now === "function" ? now : first)(...given);
  };
  return { ...options, token };
}

/** StrictMode and a reload of the code run an effect again in the same task: then the client stays open. */
function closeUnused(opened: Opened): void {
  opened.isUsed = false;
  queueMicrotask(() => {
    if (opened.isUsed || opened.isClosed) return;
    opened.isClosed = true;
    opened.client.close().catch(() => undefined);
  });
}
