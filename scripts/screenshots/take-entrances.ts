// The way in, of servers of each kind.
import type { Browser } from "playwright-core";
import { startServer } from "../../test/support/servers.ts";
import { Camera } from "./camera.ts";
import type { Cast } from "./casts.ts";

const SECRET = "a secret of more than thirty-two bytes";
const SERVERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "by-invitation": { REGISTRATION: "invite", INVITE_SECRET: SECRET },
  closed: { REGISTRATION: "closed" },
  "by-token": { AUTH: "jwt", JWT_SECRET: SECRET, JWT_ISSUER: "https://issuer.example", JWT_AUDIENCE: "restante" },
  "open-to-all": { AUTH: "open", OPEN_ANYWHERE: "yes" },
};

export async function takeEntrances(browser: Browser, casts: readonly Cast[], only: string): Promise<void> {
  for (const [name, variables] of Object.entries(SERVERS)) {
    const server = await startServer({ RATE_LIMIT: "off", ...variables });
    try {
      for (const cast of casts) {
        const context = await browser.newContext({ locale: cast.locale });
        const page = await context.newPage();
        await page.goto(server.url);
        await page.locator(".entrance button, .entrance form").first().waitFor();
        await new Camera(cast.language, only).take(page, `entrance-${name}`);
        await context.close();
      }
    } finally {
      await server.stop();
    }
  }
}
