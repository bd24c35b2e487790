/** How a page looks in both themes, and what keeps people from it, as axe-core sees it. */
import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { screenshots, type Visit } from "./page-bed.ts";

const axe = readFileSync(join(import.meta.dir, "../../node_modules/axe-core/axe.min.js"), "utf8");

interface Finding {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** Rules of axe that a theme's colours can break; all others see the same page in each theme. */
const rulesOfColours = ["color-contrast", "link-in-text-block"];

/** Pictures the page as it is, as `NAME-THEME.png`, and expects that nobody is kept out in either theme. */
export async function looksRight(visit: Visit, name: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await visit.page.emulateMedia({ colorScheme });
    await visit.page.screenshot({ path: join(screenshots, `${name}-${colorScheme}.png`) });
    expect(await findings(visit, colorScheme === "light" ? undefined : rulesOfColours)).toEqual([]);
  }
}

/** What axe finds, in words: by all its rules, or by these. */
export async function findings({ page }: Visit, rules?: readonly string[]): Promise<readonly string[]> {
  await page.evaluate(axe);
  const options = { resultTypes: ["violations"], ...(rules && { runOnly: rules }) };
  const { violations } = (await page.evaluate(`axe.run(document, ${JSON.stringify(options)})`)) as {
    violations: readonly Finding[];
  };
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}
