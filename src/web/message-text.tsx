// The body of a message as text with links, and nothing else is markup. A body that is no text is shown as JSON.
import type { JSX } from "preact";

const LINK = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/g;

export function plain(body: unknown): string {
  return typeof body === "string" ? body : JSON.stringify(body);
}

export function MessageText({ body }: { readonly body: unknown }): JSX.Element {
  const text = plain(body);
  const parts: (string | JSX.Element)[] = [];
  let end = 0;
  for (const { 0: link, index } of text.matchAll(LINK)) {
    if (!URL.canParse(link)) continue;
    parts.push(
      text.slice(end, index),
      <a href={link} target="_blank" rel="noopener noreferrer" key={index}>
        {link}
      </a>,
    );
    end = index + link.length;
  }
  parts.push(text.slice(end));
  return (
    <p class="text" dir="auto">
      {parts}
    </p>
  );
}
