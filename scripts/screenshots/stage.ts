// Brings the page into the states of the screenshots: its user, the other users, their conversations, and messages of
// earlier days.
import type { Page } from "playwright-core";
import { claim, connect, memoryStore, type Restante } from "../../src/client/connect.ts";
import type { Cast } from "./casts.ts";

/** Claims a name as the page's user, without the form to sign in. */
export async function enterMailbox(page: Page, url: string, userName: string): Promise<void> {
  await page.goto(url);
  await page.evaluate(async (name) => {
    await fetch("/api/accounts", { method: "POST", body: JSON.stringify({ userName: name }) });
  }, userName);
  await page.reload();
  await page.locator(".banner[data-is=open]").waitFor({ state: "attached" });
}

async function join(url: string, userName: string): Promise<Restante> {
  const { token } = await claim(url, { userName });
  return connect({ url, userName, token, store: memoryStore() });
}

export interface Others {
  readonly friend: Restante;
  readonly stranger: Restante;
  readonly blocked: Restante;
}

interface Stage {
  readonly page: Page;
  readonly url: string;
  readonly cast: Cast;
  show(name: string): Promise<void>;
  write(text: string): Promise<void>;
}

/** Plays the conversations of a cast; returns the clients of the others. */
export async function playConversations(stage: Stage): Promise<Others> {
  const { page, url, cast, show, write } = stage;
  const friend = await join(url, cast.friend);
  const stranger = await join(url, cast.stranger);
  const blocked = await join(url, cast.blocked);
  await playOthers(stage, blocked);
  await show(cast.me);
  await write(cast.note);
  await page.locator(".bubble").first().waitFor();
  await stranger.send(cast.me, cast.lines[0] ?? "").reached("stored");
  await page
    .locator(".item")
    .nth(Object.keys(cast.others).length + 2)
    .waitFor();
  await show(cast.friend);
  for (const [index, line] of cast.lines.entries()) {
    if (line.startsWith("> ")) await write(line.replaceAll(/^> /gm, ""));
    else await friend.send(cast.me, line).reached("stored");
    await page.locator(".bubble").nth(index).waitFor();
  }
  friend.read(cast.me);
  await page.locator(".icon-read").last().waitFor();
  await write(cast.draft);
  return { friend, stranger, blocked };
}

async function playOthers({ page, url, cast, show, write }: Stage, blocked: Restante): Promise<void> {
  for (const [name, text] of [...Object.entries(cast.others), [cast.blocked, "€€€"] as const]) {
    await show(name);
    const other = name === cast.blocked ? blocked : await join(url, name);
    await write("👋");
    await page.locator(".bubble :is(.icon-delivered, .icon-stored, .icon-read)").first().waitFor();
    // A short answer is read at once, longer ones stay unread.
    if (text.length > 2) await page.goto(`${url}/#/`);
    await other.send(cast.me, text).reached("stored");
    if (other !== blocked) await other.close();
  }
}

/** Moves stored messages into the past, so that there are several days: every page is left meanwhile. */
export async function makeOlder(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/icon.svg`);
  await page.evaluate(async () => {
    const done = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve) => request.addEventListener("success", () => resolve(request.result)));
    const [found] = await indexedDB.databases();
    const db = await done(indexedDB.open(found?.name ?? ""));
    const DAY = 86_400_000;
    const tx = db.transaction(["entries", "rows"], "readwrite");
    // Of the conversation that was played last.
    const ages = [40, 40, 40, 3, 3, 3, 3, 3, 1, 1, 0, 0, 0];
    const [entries, rows] = [tx.objectStore("entries"), tx.objectStore("rows")];
    for (const [index, entry] of (await done(entries.getAll())).slice(-ages.length).entries()) {
      entries.put({ ...entry, at: entry.at - (ages[index] ?? 0) * DAY });
    }
    // The latest conversations are of today, as in the list.
    const latest = (await done(rows.getAll())).filter(({ last }) => last).toSorted((a, b) => b.last.seq - a.last.seq);
    for (const [rank, one] of latest.entries()) {
      const age = [0, 0, 0, 0, 1, 3][rank] ?? 40;
      rows.put({ ...one, last: { ...one.last, at: one.last.at - age * DAY } });
    }
    await new Promise((resolve) => tx.addEventListener("complete", resolve));
    db.close();
  });
}
