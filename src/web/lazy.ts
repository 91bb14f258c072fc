// What the page loads when it is needed first: the finder of links, QR codes, and the account. The build makes each a
// file of its own; without them, as where the network has gone, there is text without links.
import { useEffect, useState } from "preact/hooks";
import { RestanteError } from "../client/connect.ts";
import { AppContext } from "./app-state.ts";

type FindLinks = typeof import("./links.ts").findLinks;

/** Whether a text may have a link. */
const MAY_HAVE_LINK = /https?:|www\./i;

let findLinks: FindLinks | null = null;

/** The finder, once it is loaded; null before, and for a text without links. */
export function useLinkFinder(text: string): FindLinks | null {
  const isNeeded = MAY_HAVE_LINK.test(text);
  const [, redraw] = useState(findLinks !== null);
  useEffect(() => {
    if (!isNeeded || findLinks !== null) return;
    import("./links.ts").then(
      (loaded) => {
        ({ findLinks } = loaded);
        redraw(true);
      },
      () => undefined,
    );
  }, [isNeeded]);
  return isNeeded ? findLinks : null;
}

type AccountDialog = typeof import("./account.tsx").AccountDialog;

/** The account's dialog. Rejects with `unreachable`. */
export async function loadAccount(): Promise<AccountDialog> {
  const loaded = await import("./account.tsx").catch(() => {
    throw new RestanteError("unreachable", "The account's dialog could not be loaded.");
  });
  // After a deploy the file may be of a newer version than this page, and have another state.
  if (loaded.AppContext !== AppContext) throw new RestanteError("outdated", "The page is older than the dialog.");
  return loaded.AccountDialog;
}

/** The squares of a QR code as the path of an SVG, and its width; null until they are loaded. */
export function useQrCode(text: string): QrCode | null {
  const [code, set] = useState<QrCode | null>(null);
  useEffect(() => {
    import("./qr.ts").then(
      ({ qrCode }) => set(qrCode(text)),
      () => undefined,
    );
  }, [text]);
  return code;
}

type QrCode = ReturnType<typeof import("./qr.ts").qrCode>;
