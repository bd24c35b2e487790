/** Fetches packages of the running Debian release and unpacks them beside the system, without installing anything. */
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { dist, run } from "./tools.ts";

const downloads = join(dist, ".cache", "packages");

/** Options that keep `apt-cache depends --recurse` to what a program cannot run without. */
const hardDependencies = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"].map(
  (kind) => `--no-${kind}`,
);

/** The named packages and every library package they depend on, however deep. */
export function withLibraries(names: readonly string[]): string[] {
  const all = run(["apt-cache", "depends", "--recurse", "-i", ...hardDependencies, ...names]).split("\n");
  const libraries = all.filter((line) => /^lib[a-z0-9]/.test(line) && !/-(common|modules|bin)$/.test(line));
  return [...new Set([...names, ...libraries])].sort();
}

/** The concrete package behind a meta package such as `linux-image-cloud-amd64`. */
export function firstDependency(name: string, pattern: RegExp): string {
  const found = run(["apt-cache", "depends", name]).match(new RegExp(`^ *Depends: (${pattern.source})$`, "m"))?.[1];
  if (found === undefined)
    throw new Error(`package ${name} does not depend on any ${pattern.source}: is this a Debian system?`);
  return found;
}

/**
 * Lines for a sources.list of Debian's `suite`, where this machine's apt is told of mirrors of its own: those, for whoever
 * has one may reach nothing else. None where it asks Debian's own servers.
 */
export function mirrorLines(suite: string): string[] {
  const format = "$(ORIGIN)|$(COMPONENT)|$(SITE)|$(RELEASE)";
  const targets = run(["apt-get", "indextargets", "--format", format, "Created-By: Packages"]).split("\n");
  return linesFor(suite, targets);
}

/** `targets` are apt's, as `ORIGIN|COMPONENT|SITE|RELEASE`. */
export function linesFor(suite: string, targets: readonly string[]): string[] {
  const archives = targets.flatMap((target) => {
    const [origin, component, site = "", release = ""] = target.split("|");
    return origin === "Debian" && component === "main" ? [{ site, release }] : [];
  });
  if (archives.length === 0) throw new Error("apt knows no archive of Debian: run apt-get update on a Debian system");
  if (archives.every(({ site }) => /^https?:\/\/(?:deb|security)\.debian\.org\//.test(site))) return [];
  return [...new Set(archives.map(({ site, release }) => `deb ${site} ${release.replace(/^[a-z]+/, suite)} main`))];
}

/** `name=version filename` of each package as apt would fetch it now. */
function archives(names: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const record of run(["apt-cache", "show", "--no-all-versions", ...names]).split(/\n\n+/)) {
    const name = record.match(/^Package: (.*)$/m)?.[1];
    const file = record.match(/^Filename: (.*)$/m)?.[1];
    if (name !== undefined && file !== undefined && !found.has(name)) found.set(name, basename(file));
  }
  return found;
}

/** apt writes an epoch's colon as %3a in the file name; the archive leaves the epoch out. */
const withoutEpoch = (file: string): string => file.replace(/_\d+%3a/, "_");

/** Downloads what is not there yet and unpacks each package into `directory`. */
export async function unpackPackages(names: readonly string[], directory: string): Promise<void> {
  mkdirSync(downloads, { recursive: true });
  mkdirSync(directory, { recursive: true });
  const wanted = archives(names);
  const have = () => new Map(readdirSync(downloads).map((file) => [withoutEpoch(file), join(downloads, file)]));
  const before = have();
  const missing = [...wanted].filter(([, file]) => !before.has(file)).map(([name]) => name);
  if (missing.length > 0) download(missing);
  const files = have();
  const queue = [...wanted].map(
    ([name, file]) => files.get(file) ?? fail(`package ${name} was not downloaded as ${file}`),
  );
  const worker = async () => {
    for (let path = queue.pop(); path !== undefined; path = queue.pop()) await unpack(path, directory);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

/** Lists older than the archive name files that are no longer there; fetching the lists again needs root. */
function download(names: readonly string[]): void {
  const fetchAll = () =>
    run(["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", ...names], { cwd: downloads });
  try {
    fetchAll();
  } catch {
    run([...(process.getuid?.() === 0 ? [] : ["sudo", "-n"]), "apt-get", "-qq", "update"]);
    fetchAll();
  }
}

async function unpack(path: string, directory: string): Promise<void> {
  const done = Bun.spawn(["dpkg-deb", "-x", path, directory], { stdout: "ignore", stderr: "pipe" });
  const said = await new Response(done.stderr).text();
  if ((await done.exited) !== 0) throw new Error(`unpacking ${basename(path)}: ${said.trim()}`);
}

function fail(what: string): never {
  throw new Error(what);
}

/** Finds a program in the unpacked packages, wherever this release puts it. */
export function inPackages(packages: string, path: string): string {
  const found = [path, path.replace(/^usr\//, "")].map((name) => join(packages, name)).find((name) => existsSync(name));
  if (found === undefined) throw new Error(`${path} is in none of the packages`);
  return found;
}
