/** Shortens names of properties in @xterm/xterm's script that nobody outside of it can mean; its own build leaves all of them long. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { transform } from "esbuild";
import { repository } from "./tools.ts";

const modules = join(repository, "node_modules");
/** What it offers, and the one who reaches past that. */
const offered = ["@xterm/xterm/typings/xterm.d.ts", "@xterm/addon-fit/lib/addon-fit.mjs"];
/** All names of the language and of browsers, as the checker of types has them. */
const platform = "@typescript/*/lib/lib.*.d.ts";
/** Browsers know these, and the checker does not. */
const platformToo = ["wheelDelta", "wheelDeltaX", "wheelDeltaY", "HORIZONTAL_AXIS", "VERTICAL_AXIS", "underlineStyle"];

/** By name: the one that stands for it. Throws when the script cannot be read. */
export async function withShorterNames(
  script: string,
): Promise<{ code: string; shorter: ReadonlyMap<string, string> }> {
  const kept = Object.fromEntries(keptNames(script).map((name) => [name, false as const]));
  const how = { minify: true, mangleProps: /^...+/, mangleCache: kept, format: "esm", target: "esnext" } as const;
  const { code, mangleCache = {} } = await transform(script, how);
  const shorter = Object.entries(mangleCache).filter((pair): pair is [string, string] => pair[1] !== false);
  return { code, shorter: new Map(shorter) };
}

/** Names in the script that are the platform's, or offered, or a string's whole text, by which a property may be found. */
function keptNames(script: string): string[] {
  const known = [...new Bun.Glob(platform).scanSync(modules), ...offered].map((path) => join(modules, path));
  const taken = new Set([...platformToo, ...known.flatMap((path) => wordsOf(readFileSync(path, "utf8")))]);
  for (const [, , text = ""] of script.matchAll(/(["'`])([\w$]+)\1/g)) taken.add(text);
  return [...new Set(wordsOf(script))].filter((name) => taken.has(name));
}

const wordsOf = (text: string): string[] => text.match(/[A-Za-z_$][\w$]*/g) ?? [];
