// What others see of the user, and who is blocked.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useApp } from "./app-state.ts";
import { DialogPart, NotLoaded, useAsked } from "./dialog-part.tsx";
import { Problem } from "./problem.tsx";
import { Switch } from "./switch.tsx";
import { useAttempt } from "./use-attempt.ts";
import { sharePresence } from "./watched-users.ts";

export function Privacy(): JSX.Element {
  const { me, words } = useApp();
  const asked = useAsked(() => me.account.settings());
  const [changed, setChanged] = useState<typeof asked.value>(null);
  const settings = changed ?? asked.value;
  const turn = async (name: "receipts" | "presence", on: boolean) => {
    const now = await me.account.change({ [name]: on });
    setChanged(now);
    if (name === "presence") sharePresence(me.user, now.presence);
  };
  return (
    <DialogPart title={words.privacy}>
      {(["receipts", "presence"] as const).map((name) => (
        <Switch
          key={name}
          label={words[name]}
          hint={words.bothWays}
          isOn={settings?.[name] ?? null}
          turn={(on) => turn(name, on)}
        />
      ))}
      <NotLoaded asked={asked} />
      <Blocks />
    </DialogPart>
  );
}

function Blocks(): JSX.Element | null {
  const { me, words } = useApp();
  const asked = useAsked(() => me.people.blocked());
  const { problem, attempt } = useAttempt();
  const blocked = asked.value ?? [];
  if (blocked.length === 0) return <NotLoaded asked={asked} />;
  return (
    <>
      <h4>{words.blocks}</h4>
      <ul>
        {blocked.map((name) => (
          <li key={name}>
            <bdi>{name}</bdi>
            <button
              type="button"
              class="quiet"
              onClick={() => attempt(() => me.people.unblock(name).then(asked.reload))}
            >
              {words.unblock}
            </button>
          </li>
        ))}
      </ul>
      <Problem problem={problem} />
    </>
  );
}
