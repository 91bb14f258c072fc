// What appears below the end of a dialog comes into view, and has the focus.
import { type RefObject } from "preact";
import { useEffect } from "preact/hooks";

/** `element` has the focus; the box `asked` around it is shown whole. */
export function useShown(element: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    element.current?.focus();
    element.current?.closest(".asked")?.scrollIntoView({ block: "end" });
  }, []);
}
