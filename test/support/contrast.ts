// How well something stands out on a page, as WCAG counts it: 1 is not at all, 21 is black on white.
import type { Locator } from "playwright-core";

/**
 * The contrast of a colour of an element, such as `color` or `border-top-color`, with what is behind it. `pseudo`: of
 * such an element inside it.
 */
export function contrastOf(element: Locator, property: string, pseudo?: string): Promise<number> {
  return element.first().evaluate(
    (node, [name, inside]) => {
      const channels = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
      const luminance = (color: string) => {
        const [red = 0, green = 0, blue = 0] = channels(color).map((value) => {
          const part = value / 255;
          return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
      };
      const isClear = (color: string) => channels(color)[3] === 0;
      // A border is beside what is around the element, a text on the element itself.
      let behind: Element | null = name.startsWith("border") ? node.parentElement : node;
      while (behind !== null && isClear(getComputedStyle(behind).backgroundColor)) behind = behind.parentElement;
      const ground = behind === null ? "rgb(255, 255, 255)" : getComputedStyle(behind).backgroundColor;
      const [low = 0, high = 0] = [getComputedStyle(node, inside ?? null).getPropertyValue(name), ground]
        .map(luminance)
        .toSorted((a, b) => a - b);
      return (high + 0.05) / (low + 0.05);
    },
    [property, pseudo] as const,
  );
}
