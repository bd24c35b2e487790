/** Shortens names of properties in @xterm/xterm's script that nobody outside of it can mean; its own build leaves all of them long. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { transform } from "esbuild";
import { repository } from "./tools.ts";

const modules = join(repository, "node_modules");
/** All names of the language and of browsers, as the checker of types has them. */
const platform = "@typescript/*/lib/lib.{dom,es}*.d.ts";
/** Browsers know these, and the checker does not. */
const platformToo = [
  "wheelDelta",
  "wheelDeltaX",
  "wheelDeltaY",
  "HORIZONTAL_AXIS",
  "VERTICAL_AXIS",
  "underlineStyle",
  "last",
];

/** `users`: files whose words all stay, for they use the script. `shorter`: by name, the one that stands for it. */
export async function withShorterNames(
  script: string,
  users: readonly string[],
): Promise<{ code: string; shorter: ReadonlyMap<string, string> }> {
  const kept = Object.fromEntries(keptNames(script, users).map((name) => [name, false as const]));
  const how = { minify: true, mangleProps: /^...+/, mangleCache: kept, format: "esm", target: "esnext" } as const;
  const { code, mangleCache = {} } = await transform(script, how);
  const shorter = Object.entries(mangleCache).filter((pair): pair is [string, string] => pair[1] !== false);
  return { code, shorter: new Map(shorter) };
}

/** Names in the script that are the platform's, or used, or a string's whole text, by which a property may be found. */
function keptNames(script: string, users: readonly string[]): string[] {
  const known = [...new Bun.Glob(platform).scanSync(modules)].map((path) => join(modules, path)).concat(users);
  const taken = new Set([...platformToo, ...known.flatMap((path) => wordsOf(withoutTalk(readFileSync(path, "utf8"))))]);
  for (const [, , text = ""] of script.matchAll(/(["'`])([\w$]+)\1/g)) taken.add(text);
  return [...new Set(wordsOf(script))].filter((name) => taken.has(name));
}

/** What comments say is no name. */
const withoutTalk = (text: string): string => text.replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*/gm, "");

const wordsOf = (text: string): string[] => text.match(/[A-Za-z_$][\w$]*/g) ?? [];
