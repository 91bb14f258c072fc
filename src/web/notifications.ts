// Notifications while the page is open and not seen: if the user wants them, and the browser allows it.
import { useEffect } from "preact/hooks";
import type { Restante } from "../client/connect.ts";
import { addressOf } from "./app-state.ts";
import { plain } from "./message-text.tsx";

const WANTED = "restante notifications";
/** Of a text, so many UTF-16 units are shown. */
const SHOWN = 120;

export function canNotify(): boolean {
  return "Notification" in globalThis && Notification.permission !== "denied";
}

export function notifies(): boolean {
  return canNotify() && Notification.permission === "granted" && localStorage.getItem(WANTED) === "yes";
}

/** Turns them on, if the browser is allowed to, or off. Resolves with how it is then. */
export async function setNotifies(wanted: boolean): Promise<boolean> {
  if (wanted && (await Notification.requestPermission()) === "granted") localStorage.setItem(WANTED, "yes");
  else localStorage.removeItem(WANTED);
  return notifies();
}

/** Shows what arrives while nobody looks. Strangers' messages are not worth an interruption. */
export function useNotifications(me: Restante): void {
  useEffect(
    () =>
      me.messages.subscribe(({ from, body, key }) => {
        const request = me.conversations.value.some((one) => one.peer === from && one.standing === "request");
        if (document.visibilityState === "visible" || request || !notifies()) return;
        const shown = new Notification(from, { body: plain(body).slice(0, SHOWN), tag: `${me.user} ${from} ${key}` });
        shown.addEventListener("click", () => {
          focus();
          location.hash = addressOf(from);
          shown.close();
        });
      }),
    [me],
  );
}
