/** A page used by its keys alone. */
import type { Page } from "playwright-core";

/** Nothing on a page is further away. */
const stepsMax = 60;

export interface Keyboard {
  press(...keys: readonly string[]): Promise<void>;
  type(text: string): Promise<void>;
  /** Moves the focus by `key` until it is on what fits the selector; throws with where it has been. */
  to(selector: string, key?: "Tab" | "Shift+Tab"): Promise<void>;
  /** Waits until what fits has the focus. */
  isOn(selector: string): Promise<void>;
}

export function keyboardOf(page: Page): Keyboard {
  const fits = (selector: string) => page.locator("*:focus").and(page.locator(selector));
  return {
    async press(...keys) {
      for (const key of keys) await page.keyboard.press(key);
    },
    type: (text) => page.keyboard.type(text),
    async to(selector, key = "Tab") {
      const seen: string[] = [];
      while ((await fits(selector).count()) === 0) {
        seen.push(await page.evaluate("document.activeElement.outerHTML.slice(0, 80)"));
        if (seen.length > stepsMax) throw new Error(`${key} does not come to ${selector}:\n${seen.join("\n")}`);
        await page.keyboard.press(key);
      }
    },
    isOn: (selector) => fits(selector).waitFor(),
  };
}
