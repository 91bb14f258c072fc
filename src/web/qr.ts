// A QR code as the path of an SVG. It is a file of its own, which the page loads when a code is shown: see lazy.ts.
import { encode } from "uqr";

export function qrCode(text: string): { readonly path: string; readonly size: number } {
  const { data, size } = encode(text, { ecc: "M", border: 3 });
  const squares = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return { path: squares.join(""), size };
}
