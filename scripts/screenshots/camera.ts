// Takes the state that a page is in, in all sizes and colours.
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Page } from "playwright-core";

const FOLDER = resolve(import.meta.dirname, "../../screenshots");
const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1_280, height: 800 } } as const;

export class Camera {
  readonly #language: string;
  readonly #only: string;

  /** `only`: states without this in their name are not taken. */
  constructor(language: string, only: string) {
    this.#language = language;
    this.#only = only;
    mkdirSync(join(FOLDER, language), { recursive: true });
  }

  async take(page: Page, state: string): Promise<void> {
    if (!state.includes(this.#only)) return;
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(viewport);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        const path = join(FOLDER, this.#language, `${state}-${size}-${colorScheme}.png`);
        await page.screenshot({ path, animations: "disabled" });
      }
    }
    console.log(`screenshots/${this.#language}/${state}`);
  }
}
