// The switch for notifications: it shows what holds, also where the browser does not allow them.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useApp } from "./app-state.ts";
import { DialogPart } from "./dialog-part.tsx";
import { chooseNotifications, notificationChoice } from "./notifications.ts";
import { Switch } from "./switch.tsx";

export function NotificationSwitch(): JSX.Element | null {
  const { me, words } = useApp();
  const [choice, setChoice] = useState(() => notificationChoice(me.user));
  const [wasDismissed, setWasDismissed] = useState(false);
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
