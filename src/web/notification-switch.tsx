// The switch for notifications: it shows what holds, also where the browser does not allow them.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useApp } from "./app-state.ts";
import { chooseNotifications, notificationChoice } from "./notifications.ts";

export function NotificationSwitch(): JSX.Element | null {
  const { me, words } = useApp();
  const [choice, setChoice] = useState(() => notificationChoice(me.user));
  const [wasDismissed, setWasDismissed] = useState(false);
  if (choice === "unsupported") return null;
  const change = async (box: HTMLInputElement) => {
    const isWanted = box.checked;
    const now = await chooseNotifications(me, isWanted).catch(() => notificationChoice(me.user));
    // The browser has checked the box already, and nothing is drawn again where nothing has changed.
    box.checked = now === "on";
    setChoice(now);
    setWasDismissed(isWanted && now === "off");
  };
  return (
    <>
      <label class="switch">
        <input
          type="checkbox"
          checked={choice === "on"}
          disabled={choice === "denied"}
          aria-describedby="notification-note"
          onChange={({ currentTarget }) => void change(currentTarget)}
        />
        {words.notify}
      </label>
      <p id="notification-note" class="soft" role="status">
        {choice === "denied" ? words.notifyDenied : wasDismissed ? words.notifyDismissed : ""}
      </p>
    </>
  );
}
