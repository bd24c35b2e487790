/** A page and all that it loads, as files ready to be served: out of the executable, or bundled now when run from source. */
import { basename } from "node:path";

export interface PageFile {
  readonly bytes: Uint8Array;
  /** MIME type. */
  readonly type: string;
}

/** By path: `/` is the page; its scripts, styles and icons carry the hash of their content in the name. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** What the import of an HTML file gives. `files` is there in a compiled executable alone (Bun 1.4.5). */
interface ImportedPage {
  readonly index: string;
  readonly files?: readonly { readonly path: string; readonly headers: Readonly<Record<string, string>> }[];
}

const pageType = "text/html;charset=utf-8";

/** Throws, from source, what the bundler says. */
export async function readPage(imported: ImportedPage): Promise<PageFiles> {
  const files = imported.files ? await embedded(imported.files) : await bundled(imported.index);
  return new Map(files.map(([name, file]) => [file.type === pageType ? "/" : `/${basename(name)}`, file]));
}

function embedded(files: NonNullable<ImportedPage["files"]>): Promise<[string, PageFile][]> {
  return Promise.all(
    files.map(async ({ path, headers }): Promise<[string, PageFile]> => [
      path,
      { bytes: await Bun.file(path).bytes(), type: headers["content-type"] ?? "application/octet-stream" },
    ]),
  );
}

async function bundled(index: string): Promise<[string, PageFile][]> {
  const how = { target: "browser", publicPath: "/", minify: true, throw: false } as const;
  const { success, outputs, logs } = await Bun.build({ entrypoints: [index], ...how });
  if (!success) throw new Error(`${index} cannot be bundled: ${logs.join("; ")}`);
  return Promise.all(
    outputs.map(async (output): Promise<[string, PageFile]> => [
      output.path,
      { bytes: new Uint8Array(await output.arrayBuffer()), type: output.type },
    ]),
  );
}
