// A QR code.
import type { JSX } from "preact";
import { useQrCode } from "./lazy.ts";

/** Nothing until it is drawn, and without a network: the link that it stands for says the same. */
export function QrPicture({ text, label }: { readonly text: string; readonly label: string }): JSX.Element | null {
  const code = useQrCode(text);
  if (code === null) return null;
  return (
    <svg
      class="qr"
      viewBox={`0 0 ${code.size} ${code.size}`}
      role="img"
      aria-label={label}
      shape-rendering="crispEdges"
    >
      <path d={code.path} />
    </svg>
  );
}
