/** The house rules that a machine can check: who imports whom, who touches the machine, how long a file may be. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const root = join(import.meta.dir, "..");
const linesMax = 300;

interface Rule {
  /** Paths under src that the rule is for; the first that fits counts. */
  readonly at: RegExp;
  /** What its files may import besides themselves, errors.ts and zod. */
  readonly may: readonly RegExp[];
  /** Packages besides zod. */
  readonly packages?: readonly string[];
  /** May use node:, Bun, Date, timers, chance and the process itself. */
  readonly machine?: boolean;
}

const model = /^model\//;
const sys = /^sys\//;
/** Only its type: whoever is told where things are needs no more. */
const config = /^config\.ts$/;
const events = /^events\/(?!store\/)/;
const store = /^events\/store\//;

const rules: readonly Rule[] = [
  { at: /^(main|config)\.ts$/, may: [/./], machine: true },
  // The client role fills the commands' Context: it belongs to main.
  { at: /^client\//, may: [/./] },
  { at: /^errors\.ts$/, may: [] },
  { at: model, may: [model] },
  { at: store, may: [model, sys, events, store] },
  { at: events, may: [model, events] },
  { at: /^render\//, may: [model, /^render\//], packages: ["yaml"] },
  { at: sys, may: [model, sys], packages: ["websocket-driver"], machine: true },
  {
    at: /^guest\//,
    may: [model, sys, /^guest\//],
    packages: [
      "ssh2",
      ...["crypto", "constants", "SFTP"].map((part) => `ssh2/lib/protocol/${part}.js`),
      ...["_poly1305", "chacha", "utils"].map((part) => `@noble/ciphers/${part}.js`),
      "yaml",
    ],
  },
  { at: /^images\//, may: [model, sys, /^images\//], packages: ["undici/index.js", "openpgp", "xz-decompress"] },
  { at: /^mounts\//, may: [model, sys, /^mounts\//] },
  { at: /^networks\//, may: [model, sys, /^networks\//], packages: ["dns-packet"] },
  { at: /^drivers\//, may: [model, sys, /^networks\//, /^drivers\//] },
  { at: /^daemon\//, may: [/^(?!commands\/|render\/|client\/|main\.ts)/], packages: ["unique-names-generator"] },
  { at: /^api\//, may: [model, sys, config, /^api\//] },
  { at: /^commands\//, may: [model, /^api\//, /^render\//, /^commands\//], packages: ["cac"] },
  // What the page knows and computes without a browser.
  { at: /^gui\/pure\//, may: [model, /^gui\/pure\//] },
  {
    at: /^gui\/.*(?<!\.json)$/,
    may: [model, /^api\/(?:contract|shapes|protocol|bytes|wire)\.ts$/, /^gui\//],
    packages: [
      "preact",
      "preact/hooks",
      "@preact/signals",
      "@xterm/xterm",
      "@xterm/xterm/css/xterm.css",
      "@xterm/addon-fit",
    ],
    machine: true,
  },
];

interface SourceFile {
  /** Relative to src. */
  readonly path: string;
  readonly text: string;
  /** Without comments and without the contents of plain strings. */
  readonly code: string;
}

const sources: readonly SourceFile[] = [...new Bun.Glob("**/*.{ts,tsx}").scanSync(join(root, "src"))]
  .sort()
  .map((path) => {
    const text = readFileSync(join(root, "src", path), "utf8");
    return { path, text, code: withoutTalk(text) };
  });

/** Comments and quoted texts may say Date or Bun; code may not. Template literals stay, since they hold code. */
function withoutTalk(text: string): string {
  return text.replaceAll(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\/\*[^]*?\*\/|(?<![:/])\/\/[^\n]*/g, (found) =>
    found.startsWith("/") ? "" : '""',
  );
}

/** Every module that a file names: imports, type-only imports, re-exports and import(). Comments are skipped. */
function importsOf({ text }: SourceFile): string[] {
  const code = text.replaceAll(/\/\*[^]*?\*\/|^\s*\/\/[^\n]*/gm, "");
  const patterns = [
    /^(?:import|export)\s[^;"']*?from\s*"([^"]+)"/gm,
    /^import\s*"([^"]+)"/gm,
    /\bimport\(\s*"([^"]+)"/g,
  ];
  return patterns.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1] ?? ""));
}

const ruleFor = (path: string) => rules.find(({ at }) => at.test(path));

function importFaults(file: SourceFile): string[] {
  const rule = ruleFor(file.path);
  if (!rule) return [`${file.path}: in no known folder`];
  return importsOf(file).flatMap((name) => {
    const isOk = name.startsWith(".") ? mayImport(rule, file.path, name) : mayUsePackage(rule, name);
    return isOk ? [] : [`${file.path}: ${name}`];
  });
}

function mayImport(rule: Rule, path: string, name: string): boolean {
  const target = normalize(join(dirname(path), name));
  if (target === "errors.ts") return true;
  if (target === "../package.json") return /^(?:main\.ts|client\/)/.test(path);
  return rule.may.some((allowed) => allowed.test(target));
}

function mayUsePackage(rule: Rule, name: string): boolean {
  if (name.startsWith("node:") || name === "bun" || name.startsWith("bun:")) return rule.machine === true;
  return name === "zod" || (rule.packages?.includes(name) ?? false);
}

/** A Date made of a recorded time is arithmetic; one made of nothing reads the clock. */
const machineWords =
  /(?<![.\w$"])(?:Bun\.|new Date(?!\([^)])|Date\.now|Math\.random|setTimeout|setInterval|setImmediate|clearTimeout|process\.|crypto\.|performance\.|console\.(?:log|error|warn|info|debug)\()|import\.meta\.(?:dir|path|url|file)|\brequire\(/g;

test("every file is found, so that the rules below mean something", () => {
  expect(sources.length).toBeGreaterThan(50);
  expect(sources.map(({ path }) => path)).toContain("main.ts");
});

test("files import only what their folder may", () => {
  expect(sources.flatMap(importFaults)).toEqual([]);
});

test("only sys, config and main touch the machine", () => {
  const faults = sources
    .filter(({ path }) => !ruleFor(path)?.machine)
    .flatMap(({ path, code }) => [...new Set(code.match(machineWords) ?? [])].map((word) => `${path}: ${word}`));
  expect(faults).toEqual([]);
});

test("only main ends the process", () => {
  const faults = sources
    .filter(({ path, code }) => path !== "main.ts" && /process\.exit\(/.test(code))
    .map(({ path }) => path);
  expect(faults).toEqual([]);
});

/** What a module needs before it runs: not what is only a type, nor what is loaded when it is asked for. */
function neededBy({ text }: SourceFile): string[] {
  const code = text.replaceAll(/\/\*[^]*?\*\/|^\s*\/\/[^\n]*/gm, "");
  return [...code.matchAll(/^(?:import|export)\s+(?!type\b)([^;"']*?)from\s*"([^"]+)"/gm)]
    .filter(([, names = ""]) => !/^\{(?:\s*type \w+,?)+\s*\}\s*$/.test(names))
    .map(([, , name]) => name ?? "");
}

test("a command starts without the schemas and the other large packages, which cost more than it does", () => {
  const byPath = new Map(sources.map((file) => [file.path, file]));
  const seen = new Set<string>();
  const packages = new Set<string>();
  const visit = (path: string) => {
    const file = byPath.get(path);
    if (!file || seen.has(path)) return;
    seen.add(path);
    for (const name of neededBy(file)) {
      if (name.startsWith(".")) visit(normalize(join(dirname(path), name)));
      else packages.add(name);
    }
  };
  visit("main.ts");
  expect(seen.size).toBeGreaterThan(50);
  expect([...packages].filter((name) => !/^(node:|bun:)/.test(name))).toEqual(["cac"]);
});

test("undici is imported as undici/index.js, since the bare name is the runtime's own imitation", () => {
  expect(sources.filter((file) => importsOf(file).includes("undici")).map(({ path }) => path)).toEqual([]);
});

test("relative imports name their file with its extension, and there are no barrels", () => {
  const bare = sources.flatMap((file) =>
    importsOf(file)
      .filter((name) => name.startsWith(".") && !/\.(ts|tsx|json|html|css|txt|zst)$/.test(name))
      .map((name) => `${file.path}: ${name}`),
  );
  expect(bare).toEqual([]);
  expect(sources.filter(({ code }) => /^export \* from/m.test(code)).map(({ path }) => path)).toEqual([]);
});

test("code has no any, no non-null assertion, no enum, no namespace, no default export", () => {
  const banned =
    /:\s*any\b|<any>|\bas any\b|(?<=[\w)\]])!(?=[.;,)[])|^\s*(?:export )?(?:const )?enum\s|^\s*(?:export )?namespace\s|^export default/gm;
  expect(
    sources.flatMap(({ path, code }) => (code.match(banned) ?? []).map((word) => `${path}: ${word.trim()}`)),
  ).toEqual([]);
});

test("files open with a sentence on their purpose and stay short", () => {
  expect(sources.filter(({ text }) => !text.startsWith("/**")).map(({ path }) => path)).toEqual([]);
  const long = sources
    .map(({ path, text }) => ({ path, lines: text.split("\n").length }))
    .filter(({ lines }) => lines > linesMax);
  expect(long).toEqual([]);
});

test("no file names a package registry", () => {
  const hosts = [
    ["registry", "npmjs", "org"],
    ["registry", "yarnpkg", "com"],
    ["jsr", "io"],
    ["npm", "jsr", "io"],
  ].map((parts) => parts.join("."));
  const tracked = Bun.spawnSync(["git", "-C", root, "ls-files", "-z"]).stdout.toString().split("\0").filter(Boolean);
  const faults = tracked.filter((path) => {
    const file = Bun.file(join(root, path));
    if (file.size === 0 || file.size > 4 << 20) return false;
    const text = readFileSync(join(root, path), "latin1");
    return hosts.some((host) => text.includes(host));
  });
  expect(faults).toEqual([]);
});
