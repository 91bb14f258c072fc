// The menu of a message or a conversation: beside what it belongs to, on a phone at the bottom of the screen. What can't
// be taken back is asked for in its place, and why something did not happen is said there. It is a modal dialog, so that
// the browser closes it by Escape, keeps the focus in it, and gives it back.
import type { JSX, TargetedKeyboardEvent } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useApp } from "./app-state.ts";
import { Icon, type IconName } from "./icons.tsx";
import { Problem } from "./problem.tsx";
import { useAttempt } from "./use-attempt.ts";

export interface MenuItem {
  readonly icon: IconName;
  readonly label: string;
  /** Asked before it is done. */
  readonly question?: string;
  act(): unknown;
  /** What to say where it does not happen, in place of the reason of the server. */
  readonly failure?: string;
  /** Called once the menu is closed, where the focus can't stay. */
  after?(): void;
}

/** What a menu stands beside. */
export type Spot = Pick<DOMRect, "left" | "right" | "top" | "bottom">;

interface Props {
  readonly label: string;
  readonly note?: string;
  readonly items: readonly MenuItem[];
  readonly spot: Spot;
  close(): void;
}

/** Pixels between the menu and the edge of the screen. */
const MARGIN_PX = 8;

/** The events of a menu are not those of what it belongs to. */
const OWN_EVENTS = {
  onKeyDown: (event: Event) => event.stopPropagation(),
  onClick: (event: Event) => event.stopPropagation(),
  onContextMenu: (event: Event) => {
    event.preventDefault();
    event.stopPropagation();
  },
};

export function Menu({ label, note, items, spot, close }: Props): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const [asked, ask] = useState<MenuItem | null>(null);
  const { problem, attempt } = useAttempt();
  // The finger that opened it by a long press is still down.
  const isTouched = useRef(false);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  useLayoutEffect(() => (dialog.current === null ? undefined : put(dialog.current, spot)), [asked, problem]);
  // Of a question what changes nothing: the key that has led to it may still be down.
  useEffect(() => dialog.current?.querySelector<HTMLElement>(asked ? ".quiet" : "button")?.focus(), [asked]);

  const hide = () => dialog.current?.close();
  const run = (item: MenuItem) =>
    attempt(async () => {
      await item.act();
      hide();
      item.after?.();
    }, item.failure);
  const choose = (item: MenuItem) => (item.question === undefined ? run(item) : ask(item));
  return (
    <dialog
      ref={dialog}
      class={asked === null ? "menu" : "menu small"}
      aria-label={label}
      aria-describedby={note === undefined || asked !== null ? undefined : "menu-note"}
      onClose={close}
      {...OWN_EVENTS}
      onPointerDown={(event) => {
        event.stopPropagation();
        isTouched.current = true;
        // The dialog itself is hit beside its content only.
        if (event.target === dialog.current) hide();
      }}
    >
      <div class="content">
        {asked === null ? (
          <Items
            label={label}
            note={note}
            items={items}
            choose={(item, isByKey) => (isTouched.current || isByKey) && choose(item)}
          />
        ) : (
          <Question item={asked} go={() => run(asked)} cancel={hide} />
        )}
        <Problem problem={problem} />
      </div>
    </dialog>
  );
}

interface ItemsProps extends Pick<Props, "label" | "items"> {
  readonly note: string | undefined;
  choose(item: MenuItem, isByKey: boolean): void;
}

function Items({ label, note, items, choose }: ItemsProps): JSX.Element {
  return (
    <>
      {note !== undefined && (
        <p id="menu-note" class="soft">
          {note}
        </p>
      )}
      <div role="menu" aria-label={label} onKeyDown={moveByKey}>
        {items.map((item) => (
          <button
            key={item.label}
            type="button"
            role="menuitem"
            tabIndex={-1}
            class={item.question === undefined ? "" : "danger"}
            onClick={({ detail }) => choose(item, detail === 0)}
          >
            <Icon name={item.icon} /> {item.label}
          </button>
        ))}
      </div>
    </>
  );
}

function Question({ item, go, cancel }: { readonly item: MenuItem; go(): void; cancel(): void }): JSX.Element {
  const { words } = useApp();
  return (
    <>
      <p id="menu-question">{item.question}</p>
      <div class="row">
        <button type="button" class="danger" aria-describedby="menu-question" onClick={go}>
          {item.label}
        </button>
        <button type="button" class="quiet" onClick={cancel}>
          {words.cancel}
        </button>
      </div>
    </>
  );
}

/** Below the place, above it where there is no space, and always on the screen. */
function put(dialog: HTMLDialogElement, { left, right, top, bottom }: Spot): void {
  const { offsetWidth: width, offsetHeight: height, style } = dialog;
  const x = left + width + MARGIN_PX > innerWidth ? right - width : left;
  const y = bottom + height + MARGIN_PX > innerHeight ? top - height : bottom;
  style.setProperty("--x", `${Math.max(MARGIN_PX, Math.min(x, innerWidth - width - MARGIN_PX))}px`);
  style.setProperty("--y", `${Math.max(MARGIN_PX, Math.min(y, innerHeight - height - MARGIN_PX))}px`);
}

/** Arrows, Home and End move, in a circle; a letter moves to the next item that begins with it. */
function moveByKey(event: TargetedKeyboardEvent<HTMLElement>): void {
  const { key, currentTarget } = event;
  const items = [...currentTarget.querySelectorAll<HTMLElement>("button")];
  const now = items.findIndex((item) => item === document.activeElement);
  const onward = [...items.slice(now + 1), ...items.slice(0, now + 1)];
  const next =
    key === "ArrowDown"
      ? onward[0]
      : key === "ArrowUp"
        ? onward.at(-2)
        : key === "Home" || key === "End"
          ? items.at(key === "Home" ? 0 : -1)
          : key.trim().length === 1 && !event.ctrlKey && !event.metaKey
            ? onward.find((item) => item.innerText.trim().toLowerCase().startsWith(key.toLowerCase()))
            : undefined;
  if (key === "Tab") currentTarget.closest("dialog")?.close();
  if (next === undefined && key !== "Tab") return;
  event.preventDefault();
  next?.focus();
}
