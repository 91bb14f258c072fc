// A user of the web page, in a separate browser context: a page object with the user's actions and the visible state.
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from "playwright-core";

/** The button of the question whether the user has their recovery code. */
export const HAS_CODE = "I have it. Sign out";

export class PageUser {
  readonly page: Page;
  /** Console errors, uncaught errors, and violations of the Content-Security-Policy. */
  readonly errors: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(60_000);
    page.on("pageerror", (error) => this.errors.push(error.message));
    page.on("console", (line) => {
      // The browser logs every failed response, also expected ones.
      if (line.type() === "error" && !line.text().startsWith("Failed to load resource")) this.errors.push(line.text());
    });
  }

  static async inNewContext(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<PageUser> {
    return PageUser.inNewTab(await browser.newContext({ locale: "en-GB", ...options }), url);
  }

  /** A further tab of the same browser. */
  static async inNewTab(context: BrowserContext, url: string): Promise<PageUser> {
    const visitor = new PageUser(await context.newPage());
    await visitor.page.goto(url);
    return visitor;
  }

  /** Claims a name; returns the recovery code. */
  async claim(userName: string): Promise<string> {
    const code = await this.create(userName);
    await this.button("I've saved it").click();
    await this.untilConnected();
    return code;
  }

  /** Claims a name, and stays where the recovery code is shown; returns it. */
  async create(userName: string): Promise<string> {
    await this.button("I'm new").click();
    await this.userName.fill(userName);
    await this.button("Create account").click();
    const [code, alert] = [this.page.locator("output"), this.page.getByRole("alert").filter({ hasText: /./ })];
    try {
      await code.or(alert).first().waitFor();
      if (await code.isVisible()) return (await code.textContent()) ?? "";
    } catch (error) {
      throw new Error(`No account: the page shows ${await this.page.locator("body").ariaSnapshot()}`, { cause: error });
    }
    throw new Error(`No account: ${(await alert.allTextContents()).join(" ")}`);
  }

  /** Signs in with a recovery or link code, up to what the server answers. */
  async signIn(userName: string, code: string): Promise<void> {
    await this.button("I have an account").click();
    await this.userName.fill(userName);
    await this.page.getByLabel("Code", { exact: true }).fill(code);
    await this.button("Sign in").click();
  }

  /** Signs the only device of the user out, up to the way in. */
  async signOut(): Promise<void> {
    await this.account.click();
    await this.button("Sign out").last().click();
    await this.button(HAS_CODE).click();
    await this.outside.waitFor();
  }

  /** Presses a button that asks first, and confirms its question. */
  async confirm(button: Locator): Promise<void> {
    await button.click();
    await this.page.getByRole("alertdialog").getByRole("button").first().click();
  }

  /** The field for the own name, on the way in. */
  get userName(): Locator {
    return this.page.getByLabel("Username");
  }

  /** The choice of the way in: nobody is signed in. */
  get outside(): Locator {
    return this.button("I have an account");
  }

  button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }

  get account(): Locator {
    return this.page.getByRole("button", { name: /^Account/ });
  }

  get list(): Locator {
    return this.page.getByRole("navigation", { name: "Chats" });
  }

  get messages(): Locator {
    return this.page.getByRole("log").locator(".bubble");
  }

  get composer(): Locator {
    return this.page.getByRole("textbox", { name: /^Message / });
  }

  /** Chooses from the menu of the open conversation. */
  async choose(item: string): Promise<void> {
    await this.page.getByRole("button", { name: /^Options for/ }).click();
    await this.menuItem(item).click();
  }

  async block(): Promise<void> {
    await this.choose("Block");
    await this.button("Block").last().click();
    await this.button("Unblock").waitFor();
  }

  menuItem(name: string): Locator {
    return this.page.getByRole("menuitem", { name, exact: true });
  }

  /** Waits until the connection is open. */
  async untilConnected(): Promise<void> {
    await this.page.locator(".banner[data-is=open]").waitFor({ state: "attached" });
  }

  /** Opens the conversation with a user, new or not, by the search field. */
  async open(peer: string): Promise<void> {
    await this.page.getByRole("searchbox").fill(peer);
    await this.page.getByRole("searchbox").press("Enter");
    await this.page.getByRole("heading", { name: peer, exact: true }).waitFor();
  }

  async send(...texts: string[]): Promise<void> {
    for (const text of texts) {
      await this.composer.fill(text);
      // On a phone Enter breaks the line.
      if ((await this.composer.getAttribute("enterkeyhint")) === "send") await this.composer.press("Enter");
      else await this.button("Send").tap();
    }
  }

  /** Waits until a message shows this text, and this icon if one is given. */
  async sees(hasText: string, icon?: string): Promise<void> {
    let message = this.messages.filter({ hasText });
    if (icon !== undefined) message = message.filter({ has: this.page.getByRole("img", { name: icon }) });
    try {
      await message.first().waitFor();
    } catch (error) {
      throw new Error(`The page shows ${await this.page.locator("body").ariaSnapshot()}`, { cause: error });
    }
  }

  /** Waits for the page's title, which changes one frame after the content. */
  async untilTitle(title: string): Promise<void> {
    await this.page.waitForFunction((expected) => document.title === expected, title);
  }

  /** Waits until all sent messages are in the browser's store. */
  async untilStored(): Promise<void> {
    await this.page.waitForFunction(() => !Object.keys(localStorage).some((key) => key.startsWith("restante draft ")));
  }

  /** The texts of all messages, from top to bottom. */
  texts(): Promise<string[]> {
    return this.messages.locator(".text").allTextContents();
  }
}
