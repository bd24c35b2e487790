/**
 * From a machine with Node 20 and npm to a running build script: gets Bun and the project's packages from npm, missing
 * tools from the distribution, then runs `build/start.ts` or `build/test.ts` under Bun. A second run only looks.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  dependenciesOf,
  hasPackageLists,
  installCommand,
  majorOf,
  missingTools,
  rootPrefix,
  sentenceFor,
} from "./bootstrap/plan.mjs";

const repository = dirname(dirname(fileURLToPath(import.meta.url)));
const manifest = JSON.parse(readFileSync(join(repository, "package.json"), "utf8"));
const modules = join(repository, "node_modules");
const bun = join(modules, ".bin", "bun");
const bunVersion = manifest.devDependencies.bun;
const nodeMajorMin = 20;

const say = (text) => process.stderr.write(`${text}\n`);

function fail(sentence) {
  say(sentence);
  process.exit(1);
}

/** Runs a program; its output is shown only when it fails. */
function attempt(command, words, options = {}) {
  const done = spawnSync(command, words, { cwd: repository, encoding: "utf8", ...options });
  return {
    ok: done.status === 0,
    output: `${done.stdout ?? ""}${done.stderr ?? ""}${done.error?.message ?? ""}`.trim(),
  };
}

function must(what, command, words, options) {
  const { ok, output } = attempt(command, words, options);
  if (!ok) fail(`${output}\nerror: ${what} failed; the command was: ${[command, ...words].join(" ")}`);
}

const runsBun = (path) => existsSync(path) && attempt(path, ["--version"]).output === bunVersion;

/**
 * A Bun that can install the project: the project's own, else one fetched into a folder of its own, which works however
 * little of node_modules there is. Install scripts may be forbidden on a machine, so Bun's is called by hand.
 */
function installerBun() {
  if (runsBun(bun)) return bun;
  const prefix = join(repository, "dist", ".cache", `bun-${bunVersion}`);
  const fetched = join(prefix, "node_modules", ".bin", "bun");
  if (runsBun(fetched)) return fetched;
  say(`bun         fetching ${bunVersion} from npm`);
  mkdirSync(prefix, { recursive: true });
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
  must("fetching Bun", "npm", ["install", "--prefix", prefix, ...quiet, `bun@${bunVersion}`]);
  must("unpacking Bun", process.execPath, [join(prefix, "node_modules", "bun", "install.js")], {
    cwd: join(prefix, "node_modules", "bun"),
  });
  if (!runsBun(fetched))
    fail(`error: Bun ${bunVersion} from npm does not run on this machine (${process.platform} ${process.arch})`);
  return fetched;
}

/** Exactly what bun.lock says; done again when it changed or a package's folder is gone. */
function installPackages() {
  const wanted = createHash("sha256")
    .update(JSON.stringify(manifest))
    .update(readFileSync(join(repository, "bun.lock")))
    .digest("hex");
  const stamp = join(modules, ".strata-installed");
  const isCurrent = existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
  const isWhole = dependenciesOf(manifest).every((name) => existsSync(join(modules, name, "package.json")));
  if (isCurrent && isWhole && existsSync(bun)) return;
  const installer = installerBun();
  say("packages    installing");
  must("installing the project's packages", installer, ["install", "--frozen-lockfile", "--ignore-scripts"]);
  if (!runsBun(bun)) must("unpacking Bun", process.execPath, ["install.js"], { cwd: join(modules, "bun") });
  if (!runsBun(bun)) fail(`error: ${bun} is not Bun ${bunVersion}: remove node_modules and try again`);
  writeFileSync(stamp, wanted);
}

function inPath(name) {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return folder !== "";
    } catch {
      return false;
    }
  });
}

const isThere = (tool) => inPath(tool.name) || (tool.files ?? []).some((file) => existsSync(file));

const listsDirectory = "/var/lib/apt/lists";

/** Installs missing tools, and fetches package lists where there are none: the guest image is made of packages, too. */
function installTools(role) {
  if (process.platform !== "linux") return;
  const hasApt = inPath("apt-get");
  const hasLists = hasApt && existsSync(listsDirectory) && hasPackageLists(readdirSync(listsDirectory));
  const missing = missingTools(role, process.getuid(), isThere);
  const needed = missing.filter((tool) => !tool.isOptional);
  if (missing.length === 0 && hasLists) return;
  const prefix = rootPrefix(process.getuid(), inPath("sudo") && attempt("sudo", ["-n", "true"]).ok);
  if (!hasApt || prefix === undefined) {
    if (needed.length > 0) fail(sentenceFor(needed, hasApt));
    return;
  }
  const asRoot = (words) => {
    const [command, ...rest] = [...prefix, "env", "DEBIAN_FRONTEND=noninteractive", ...words];
    return attempt(command, rest);
  };
  const update = () => asRoot(["apt-get", "update"]);
  if (!hasLists) update();
  const present = missing.filter((tool) => !tool.isOptional || attempt("apt-cache", ["show", tool.package]).ok);
  if (present.length === 0) return;
  for (const tool of present) say(`tools       installing ${tool.package}: ${tool.name} ${tool.why}`);
  const install = () => asRoot(installCommand(present.map((tool) => tool.package)));
  let done = install();
  // Lists older than the archive name packages that are no longer there.
  if (!done.ok && hasLists && update().ok) done = install();
  const still = missingTools(role, process.getuid(), isThere).filter((tool) => !tool.isOptional);
  if (still.length > 0) fail(`${done.output.split("\n").slice(-3).join("\n")}\n${sentenceFor(still, hasApt)}`);
}

function runUnderBun(role, words) {
  const child = spawn(bun, [join(repository, "build", `${role}.ts`), ...words], { cwd: repository, stdio: "inherit" });
  // Ctrl-C reaches the child by itself; we stay to hand on its exit code.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => signal === "SIGINT" || child.kill(signal));
  child.on("exit", (code, signal) => process.exit(signal === null ? code : 1));
}

const [role, ...words] = process.argv.slice(2);
if (role !== "start" && role !== "test") fail("usage: node build/bootstrap.mjs start|test [WORDS]");
if (majorOf(process.version) < nodeMajorMin)
  fail(`error: Node ${nodeMajorMin} or newer is needed, this is ${process.version}`);
installPackages();
installTools(role);
runUnderBun(role, words);
