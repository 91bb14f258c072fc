// The one calendar that everything drawn follows: the local day and the time zone. At midnight, and where either changed
// while the device slept or travelled, everything is drawn again.
import { useEffect, useState } from "preact/hooks";
import { dayOf, forgetFormats } from "./dates.ts";

/** How often a change is looked for: browsers announce none, and a timer until midnight sleeps with the device. */
const LOOK_MS = 30_000;

/** The local day and the time zone, as a key that changes with them. */
export function useCalendar(): string {
  const [now, set] = useState(keyNow);
  useEffect(() => {
    const look = () => set(keyNow);
    const timer = setInterval(look, LOOK_MS);
    document.addEventListener("visibilitychange", look);
    addEventListener("focus", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
      removeEventListener("focus", look);
    };
  }, []);
  return now;
}

let last = "";

function keyNow(): string {
  const key = `${dayOf(Date.now())} ${Intl.DateTimeFormat().resolvedOptions().timeZone} ${new Date().getTimezoneOffset()}`;
  if (key !== last) forgetFormats();
  return (last = key);
}
