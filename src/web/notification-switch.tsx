// The switch for notifications: it shows what holds, also where the browser does not allow them.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Restante } from "../client/connect.ts";
import { keyOf, store } from "./browser-storage.ts";
import { DialogPart } from "./dialog-part.tsx";
import { closeNotifications, newestSeq, see, seenUpTo } from "./notifications.ts";
import { Switch } from "./switch.tsx";
import { useAccount } from "./use-account.ts";

/**
 * `unsupported`: the browser has none, or no service worker of this page. `denied`: it does not allow them, and only its
 * own settings can change that.
 */
type NotificationChoice = "on" | "off" | "denied" | "unsupported";

function notificationChoice(user: string): NotificationChoice {
  if (!("Notification" in globalThis && "serviceWorker" in navigator)) return "unsupported";
  if (Notification.permission === "denied") return "denied";
  return Notification.permission === "granted" && seenUpTo(user) !== null ? "on" : "off";
}

export function NotificationSwitch(): JSX.Element | null {
  const { me, words } = useAccount();
  const [choice, setChoice] = useState(() => notificationChoice(me.user));
  const [wasDismissed, setWasDismissed] = useState(false);
  useEffect(() => {
    // The browser may have refused to register it.
    const look = (worker?: ServiceWorkerRegistration) => worker === undefined && setChoice("unsupported");
    navigator.serviceWorker?.getRegistration().then(look, () => look());
  }, []);
  if (choice === "unsupported") return null;
  const turn = async (isWanted: boolean) => {
    const now = await chooseNotifications(me, isWanted).catch(() => notificationChoice(me.user));
    setChoice(now);
    setWasDismissed(isWanted && now === "off");
  };
  return (
    <DialogPart title={words.notifications}>
      <Switch
        label={words.notify}
        hint={words.notifyHint}
        isOn={choice === "denied" ? null : choice === "on"}
        turn={turn}
      />
      <p class="soft" role="status">
        {choice === "denied" ? words.notifyDenied : wasDismissed ? words.notifyDismissed : ""}
      </p>
    </DialogPart>
  );
}

/** Turns notifications on, if the browser allows it, or off. Resolves with what holds then. */
async function chooseNotifications(me: Restante, isWanted: boolean): Promise<NotificationChoice> {
  if (!isWanted) {
    store(keyOf("notified", me.user), null);
    await closeNotifications(me.user);
  } else if ((await Notification.requestPermission()) === "granted") {
    see(me.user, newestSeq(me.conversations.value));
  }
  return notificationChoice(me.user);
}
