/** Bundles the window's page for browsers; nothing in what comes out is inline. */
import { basename, join } from "node:path";
import type { BunPlugin } from "bun";
import type { PageFile, PageFiles } from "../src/sys/page-files.ts";
import { withShorterNames } from "./shorter-names.ts";
import { repository } from "./tools.ts";

/** Who uses the terminal: the page's part for it, and its addon. */
const terminalUsers = [
  ...new Bun.Glob("src/gui/terminal/*").scanSync(repository),
  "node_modules/@xterm/addon-fit/lib/addon-fit.mjs",
].map((path) => join(repository, path));

/** Most of the page is the terminal, and most of that are its own names. */
export const shortTerminal = (users: readonly string[] = terminalUsers): BunPlugin => ({
  name: "short-terminal",
  setup: ({ onLoad }) =>
    void onLoad({ filter: /@xterm\/xterm\/lib\/xterm\.mjs$/ }, async ({ path }) => ({
      contents: (await withShorterNames(await Bun.file(path).text(), users)).code,
      loader: "js",
    })),
});

/** Throws what the bundler says. */
export async function bundlePage(): Promise<PageFiles> {
  const index = join(repository, "src/gui/index.html");
  const { success, outputs, logs } = await Bun.build({
    entrypoints: [index],
    target: "browser",
    publicPath: "/",
    minify: true,
    splitting: true,
    throw: false,
    plugins: [shortTerminal()],
  });
  if (!success) throw new Error(`${index} cannot be bundled: ${logs.join("; ")}`);
  const files = outputs.map(async (output): Promise<[string, PageFile]> => {
    const path = output.path.endsWith(".html") ? "/" : `/${basename(output.path)}`;
    return [path, { bytes: new Uint8Array(await output.arrayBuffer()), type: output.type }];
  });
  return new Map(await Promise.all(files));
}
