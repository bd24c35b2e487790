/** Bundles the window's page for browsers; nothing in what comes out is inline. */
import { basename, join } from "node:path";
import type { BunPlugin } from "bun";
import type { PageFile, PageFiles } from "../src/sys/page-files.ts";
import { withShorterNames } from "./shorter-names.ts";
import { repository } from "./tools.ts";

/** Most of the page is the terminal, and most of that are its own names. */
export const shortTerminal: BunPlugin = {
  name: "short-terminal",
  setup: ({ onLoad }) =>
    void onLoad({ filter: /@xterm\/xterm\/lib\/xterm\.mjs$/ }, async ({ path }) => ({
      contents: (await withShorterNames(await Bun.file(path).text())).code,
      loader: "js",
    })),
};

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
    plugins: [shortTerminal],
  });
  if (!success) throw new Error(`${index} cannot be bundled: ${logs.join("; ")}`);
  const files = outputs.map(async (output): Promise<[string, PageFile]> => {
    const path = output.path.endsWith(".html") ? "/" : `/${basename(output.path)}`;
    return [path, { bytes: new Uint8Array(await output.arrayBuffer()), type: output.type }];
  });
  return new Map(await Promise.all(files));
}
