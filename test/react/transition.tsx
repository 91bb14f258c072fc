// A transition that takes many tasks while the state changes: whether two components ever show different values of it.
import { type ReactElement, startTransition, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { Computed } from "../../src/client/live-value.ts";
import { useLive } from "../../src/react/react.ts";

/** Components, and ms that each takes to render: React yields to other tasks after 5 ms. */
const COMPONENTS = 20;
const RENDER_MS = 3;

const numbers = Array.from({ length: COMPONENTS }, (_, i) => i);

/** Resolves with the values that were on the page at once, after each commit with components. */
export function playTransition(): Promise<string[]> {
  let now = 0;
  const live = new Computed(() => now);
  const element = document.body.appendChild(document.createElement("div"));
  const commits: string[] = [];

  function Slow(): ReactElement {
    const value = useLive(live, 0);
    const end = performance.now() + RENDER_MS;
    while (performance.now() < end);
    return <i>{value} </i>;
  }

  function Many({ shown }: { readonly shown: () => void }): ReactElement {
    const [isShown, show] = useState(false);
    useEffect(() => startTransition(() => show(true)), []);
    useEffect(() => {
      if (!isShown) return;
      commits.push([...new Set(element.textContent.trim().split(" "))].join(" "));
      shown();
    });
    return <>{isShown && numbers.map((number) => <Slow key={number} />)}</>;
  }

  return new Promise((done) => {
    createRoot(element).render(<Many shown={() => done(commits)} />);
    // The state changes between the parts of the render.
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener("message", () => {
      now++;
      live.changed();
      if (commits.length === 0) port2.postMessage(null);
    });
    port1.start();
    port2.postMessage(null);
  });
}
