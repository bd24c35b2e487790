/** Names the distribution package that a file came from: version, source and licence, for `strata version --licenses`. */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { run } from "./tools.ts";

export interface CarriedPackage {
  readonly name: string;
  readonly version: string;
  /** Source package and its version: what to ask the distribution for. */
  readonly source: string;
  /** Short names as the package's copyright file gives them. */
  readonly licences: readonly string[];
}

/** The package that owns a file; on systems with a merged /usr the database may know it by either name. */
export function packageOf(file: string): string {
  const real = realpathSync(file);
  const names = [...new Set([file, real, real.replace(/^\/usr\//, "/"), `/usr${real}`])];
  for (const name of names) {
    const found = Bun.spawnSync(["dpkg-query", "--search", name]);
    const owner = found.stdout.toString().match(/^([^:,\s]+)/)?.[1];
    if (found.success && owner !== undefined) return owner;
  }
  throw new Error(`${file} belongs to no package, so its licence and source cannot be named`);
}

/** The copyright file of an installed package. */
export function copyrightOf(name: string): string {
  const path = `/usr/share/doc/${name}/copyright`;
  if (existsSync(path)) return readFileSync(path, "utf8");
  if (existsSync(`${path}.gz`)) return gunzipSync(readFileSync(`${path}.gz`)).toString();
  throw new Error(`${path} is missing: reinstall ${name} with its documentation`);
}

/** Facts of an installed package. */
export function describePackage(name: string): CarriedPackage {
  const format = "${Version}\\t${source:Package}\\t${source:Version}\\n";
  const [version, source, sourceVersion] =
    run(["dpkg-query", "--show", `--showformat=${format}`, name])
      .split("\n")[0]
      ?.split("\t") ?? [];
  if (version === undefined || source === undefined) throw new Error(`package ${name} is not installed`);
  return { name, version, source: `${source} ${sourceVersion}`, licences: licencesIn(copyrightOf(name)) };
}

/**
 * Short licence names of a copyright file: its `License:` fields (machine-readable format 1.0),
 * or in free text the common licences it points to.
 */
export function licencesIn(text: string): string[] {
  const fields = [...text.matchAll(/^License:[ \t]*(\S.*)$/gm)].map((match) => match[1]?.trim() ?? "");
  const pointers = [...text.matchAll(/common-licenses\/([A-Za-z0-9.-]*[A-Za-z0-9])/g)].map((match) => match[1] ?? "");
  const found = fields.length > 0 ? fields : pointers;
  return [...new Set(found)].filter((name) => name !== "").sort();
}
