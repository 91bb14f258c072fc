// How a menu opens: by a button, a long press, a right click, the menu key or Shift+F10.
import type { JSX, TargetedEvent } from "preact";
import { useRef, useState } from "preact/hooks";
import { Menu, type MenuItem, type Spot } from "./menu.tsx";

/** How long a finger stays down, and how far it may move. */
const LONG_PRESS_MS = 500;
const MAX_MOVE_PX = 10;

interface Contents {
  readonly label: string;
  /** A line above the items. */
  readonly note?: string;
  readonly items: readonly MenuItem[];
}

type Event<E extends globalThis.Event> = TargetedEvent<HTMLElement, E>;

interface OpenMenu {
  /** The open menu, or null. */
  readonly menu: JSX.Element | null;
  /** For the button that opens it. */
  readonly button: {
    readonly type: "button";
    readonly "aria-haspopup": "menu";
    readonly "aria-expanded": boolean;
    readonly "aria-label": string;
    onClick(event: Event<MouseEvent>): void;
  };
  /** For what has the menu. */
  readonly target: {
    onPointerDown(event: Event<PointerEvent>): void;
    onPointerMove(event: Event<PointerEvent>): void;
    onPointerUp(): void;
    onPointerCancel(): void;
    onClick(event: Event<MouseEvent>): void;
    onContextMenu(event: Event<MouseEvent>): void;
    onKeyDown(event: Event<KeyboardEvent>): void;
  };
}

/** `withMouse`: a right click opens it too, in place of the browser's own menu. */
export function useMenu(label: string, contents: () => Omit<Contents, "label">, withMouse: boolean): OpenMenu {
  const [spot, open] = useState<Spot | null>(null);
  const at = (x: number, y: number) => open({ left: x, right: x, top: y, bottom: y });
  const { wasLong, events } = useLongPress(at);
  return {
    menu: spot && <Menu label={label} {...contents()} spot={spot} close={() => open(null)} />,
    button: {
      type: "button",
      "aria-haspopup": "menu",
      "aria-expanded": spot !== null,
      "aria-label": label,
      onClick: ({ currentTarget }) => open(currentTarget.getBoundingClientRect()),
    },
    target: {
      ...events,
      onContextMenu: (event) => {
        const { clientX, clientY, pointerType } = event as Event<PointerEvent>;
        const isTouch = pointerType === "touch" || wasLong();
        if (!isTouch && !withMouse) return;
        event.preventDefault();
        if (!isTouch) at(clientX, clientY);
      },
      // Not all systems have a menu key, or make an event of Shift+F10.
      onKeyDown: (event) => {
        const { key, shiftKey, currentTarget, target } = event;
        if (target !== currentTarget || !(key === "ContextMenu" || (key === "F10" && shiftKey))) return;
        event.preventDefault();
        open(currentTarget.getBoundingClientRect());
      },
    },
  };
}

interface LongPress {
  /** Whether the last press was a long one. */
  wasLong(): boolean;
  readonly events: Omit<OpenMenu["target"], "onContextMenu" | "onKeyDown">;
}

/** A finger that stays in its place calls `done`. */
function useLongPress(done: (x: number, y: number) => void): LongPress {
  const press = useRef<{ timer?: ReturnType<typeof setTimeout>; x: number; y: number; wasLong: boolean }>({
    x: 0,
    y: 0,
    wasLong: false,
  }).current;
  const end = () => clearTimeout(press.timer);
  const events: LongPress["events"] = {
    onPointerDown: ({ pointerType, clientX: x, clientY: y }) => {
      end();
      press.wasLong = false;
      if (pointerType !== "touch") return;
      const timer = setTimeout(() => {
        press.wasLong = true;
        done(x, y);
      }, LONG_PRESS_MS);
      Object.assign(press, { timer, x, y });
    },
    onPointerMove: ({ clientX, clientY }) => {
      if (Math.hypot(clientX - press.x, clientY - press.y) > MAX_MOVE_PX) end();
    },
    onPointerUp: end,
    onPointerCancel: end,
    // The finger that has opened it opens nothing else. A key does: its click has no detail.
    onClick: (event) => press.wasLong && event.detail > 0 && event.preventDefault(),
  };
  return { wasLong: () => press.wasLong, events };
}
