// The body of a message: text with links and code, and nothing else is markup. A body that is no text is shown as JSON.
import type { JSX } from "preact";
import { useLinkFinder } from "./lazy.ts";
import { partsOf, type TextPart } from "./text-parts.ts";

export function plain(body: unknown): string {
  return typeof body === "string" ? body : JSON.stringify(body);
}

export function MessageText({ body }: { readonly body: unknown }): JSX.Element {
  return (
    <span class="text">
      {partsOf(plain(body)).map((part, at) => (
        <Part key={at} {...part} />
      ))}
    </span>
  );
}

function Part({ is, text }: TextPart): JSX.Element {
  switch (is) {
    case "text":
      return <WithLinks text={text} />;
    case "code":
      return <code dir="ltr">{text}</code>;
    case "block":
      return (
        <code class="block" dir="ltr">
          {text}
        </code>
      );
    default:
      return is satisfies never;
  }
}

function WithLinks({ text }: { readonly text: string }): JSX.Element {
  const find = useLinkFinder(text);
  if (find === null) return <>{text}</>;
  const parts: (string | JSX.Element)[] = [];
  let from = 0;
  for (const { start, end, url } of find(text)) {
    parts.push(
      text.slice(from, start),
      <a href={url} target="_blank" rel="noopener noreferrer" key={start}>
        {text.slice(start, end)}
      </a>,
    );
    from = end;
  }
  parts.push(text.slice(from));
  return <>{parts}</>;
}
