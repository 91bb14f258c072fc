// The switch for notifications: it shows what holds, also where the browser does not allow them.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { DialogPart } from "./dialog-part.tsx";
import { canShow, chooseNotifications, notificationChoice } from "./notifications.ts";
import { Switch } from "./switch.tsx";
import { useAccount } from "./use-account.ts";

export function NotificationSwitch(): JSX.Element | null {
  const { me, words } = useAccount();
  const [choice, setChoice] = useState(() => notificationChoice(me.user));
  const [wasDismissed, setWasDismissed] = useState(false);
  useEffect(() => {
    const hide = () => setChoice("unsupported");
    canShow().then((can) => can || hide(), hide);
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
