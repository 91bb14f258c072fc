// Notifications of the browser while the page is open but not visible: if the user has turned them on, and the browser
// allows it.
import { useEffect } from "preact/hooks";
import type { Restante } from "../client/connect.ts";
import { addressOf } from "./app-state.ts";
import { plain } from "./message-text.tsx";

const KEY = "restante notifications";
/** UTF-16 units of a message that a notification shows. */
const SHOWN_UNITS = 120;

export function canNotify(): boolean {
  return "Notification" in globalThis && Notification.permission !== "denied";
}

export function notifies(): boolean {
  return canNotify() && Notification.permission === "granted" && localStorage.getItem(KEY) === "yes";
}

/** Turns notifications on, if the browser allows it, or off. Resolves with whether they are on. */
export async function setNotifies(wanted: boolean): Promise<boolean> {
  if (wanted && (await Notification.requestPermission()) === "granted") localStorage.setItem(KEY, "yes");
  else localStorage.removeItem(KEY);
  return notifies();
}

/** Shows messages that arrive while the page is not visible; but none of strangers. */
export function useNotifications(me: Restante): void {
  useEffect(
    () =>
      me.messages.subscribe(({ from, body, key }) => {
        const request = me.conversations.value.some((one) => one.peer === from && one.standing === "request");
        if (document.visibilityState === "visible" || request || !notifies()) return;
        const shown = new Notification(from, {
          body: plain(body).slice(0, SHOWN_UNITS),
          tag: `${me.user} ${from} ${key}`,
        });
        shown.addEventListener("click", () => {
          focus();
          location.hash = addressOf(from);
          shown.close();
        });
      }),
    [me],
  );
}
