/** The command line: every trap of the parser library, and every kind of bad input, as tables. */
import { describe, expect, test } from "bun:test";
import { pasteable } from "../../src/commands/corrected.ts";
import { verbs } from "../../src/commands/index.ts";
import { parse } from "../../src/commands/parse.ts";
import { errorLines } from "../../src/render/error.ts";
import { expectGolden } from "../golden.ts";
import { UserError } from "../../src/errors.ts";

const words = (line: string) => (line === "" ? [] : line.split(" "));
const parsed = (line: string | string[]) => parse(typeof line === "string" ? words(line) : line, verbs);

function given(line: string | string[]): Record<string, unknown> {
  const options = parsed(line)?.options ?? {};
  const isGiven = (value: unknown) =>
    value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(options).filter(([, value]) => isGiven(value)));
}

function refusal(line: string | string[]): UserError {
  try {
    parsed(line);
  } catch (error) {
    const shown = pasteable(error, typeof line === "string" ? words(line) : line, verbs);
    if (shown instanceof UserError) return shown;
    throw error;
  }
  throw new Error(`accepted: ${String(line)}`);
}

describe("values stay what was typed", () => {
  const texts = [
    "007",
    "1e3",
    "0x10",
    "24.10",
    "true",
    "false",
    "-1",
    "--",
    "a=b",
    "",
    "null",
    "Infinity",
    "a b",
    "ä€",
    ":x",
  ];
  test.each(texts.filter((text) => text !== "--"))("history --actor %p", (text) => {
    expect(given(["history", "--actor", text])).toEqual({ actor: text });
  });
  test.each(texts)("history --actor=%p", (text) => {
    expect(given(["history", `--actor=${text}`])).toEqual({ actor: text });
  });
  test.each(texts.filter((text) => !text.startsWith("-")))("show %p", (text) => {
    expect(parsed(["show", text])?.words).toEqual([text]);
  });
});

describe("options in every spelling", () => {
  const cases: [string, Record<string, unknown>][] = [
    ["launch tiny --name web", { name: "web" }],
    ["launch --name web tiny", { name: "web" }],
    ["launch --name=web tiny", { name: "web" }],
    ["launch -n web tiny", { name: "web" }],
    ["launch -nweb tiny", { name: "web" }],
    ["launch -n=web tiny", { name: "web" }],
    ["launch -vn web tiny", { name: "web", verbose: true }],
    ["launch -vnweb tiny", { name: "web", verbose: true }],
    ["launch -vq -c 2 tiny", { verbose: true, quiet: true, cpus: 2 }],
    ["-v launch tiny", { verbose: true }],
    ["--host /x launch tiny", { host: "/x" }],
    ["launch -m 1.5G -d 512M tiny", { memory: 1.5 * 2 ** 30, disk: 512 * 2 ** 20 }],
    ["launch --timeout 90 tiny", { timeout: 90_000 }],
    ["launch --name web --name db tiny", { name: "db" }],
    ["launch --detach tiny", { detach: true }],
    ["launch tiny --detach", { detach: true }],
  ];
  test.each(cases)("%s", (line, options) => {
    const result = parsed(line);
    expect(given(line)).toEqual(options);
    expect(result?.words).toEqual(["tiny"]);
    expect(result?.verb.name).toBe("launch");
  });
  test("a flag does not swallow the word after it", () => {
    expect(parsed("stop --force 007")?.words).toEqual(["007"]);
    expect(parsed("stop --force true")?.words).toEqual(["true"]);
  });
  test("after -- a word may look like an option", () => {
    expect(parsed("stop -- --force")?.words).toEqual(["--force"]);
  });
  test("a lone - is a word", () => {
    expect(parsed("launch -")?.words).toEqual(["-"]);
  });
});

describe("what belongs to the guest is not looked at", () => {
  const cases: [string, string[], Record<string, unknown>][] = [
    ["exec web ls -la", ["web", "ls", "-la"], {}],
    ["exec web -- ls -la", ["web", "ls", "-la"], {}],
    ["exec -- web ls -la", ["web", "ls", "-la"], {}],
    [
      "exec -e A=1 --env B=2=3 web env",
      ["web", "env"],
      {
        env: [
          ["A", "1"],
          ["B", "2=3"],
        ],
      },
    ],
    ["exec web ls -- -la", ["web", "ls", "--", "-la"], {}],
    ["exec -d /tmp web ls --json", ["web", "ls", "--json"], { "working-directory": "/tmp" }],
    ["exec web -d /tmp ls -d /", ["web", "ls", "-d", "/"], { "working-directory": "/tmp" }],
    ["exec web --working-directory=/tmp -- -odd", ["web", "-odd"], { "working-directory": "/tmp" }],
    ["exec web uname --help", ["web", "uname", "--help"], {}],
    ["exec web 007 1e3", ["web", "007", "1e3"], {}],
  ];
  test.each(cases)("%s", (line, expected, options) => {
    expect(parsed(line)?.words).toEqual(expected);
    expect(given(line)).toEqual(options);
  });
  test("empty words arrive", () => {
    expect(parsed(["exec", "web", "printf", "", "%s"])?.words).toEqual(["web", "printf", "", "%s"]);
  });
});

describe("help and version from anywhere", () => {
  test("no words at all are no verb", () => {
    expect(parsed("")).toBeUndefined();
    expect(parsed("--json")).toBeUndefined();
  });
  test.each([
    ["--version", "version"],
    ["-V", "version"],
    ["--help", "help"],
    ["-h", "help"],
  ])("%s", (line, verb) => {
    expect(parsed(line)?.verb.name).toBe(verb);
  });
  test("--help is heard although words are missing or too many", () => {
    expect(given("exec --help")).toEqual({ help: true });
    expect(given("show --help")).toEqual({ help: true });
    expect(given("list a b -h")).toEqual({ help: true });
  });
  test.each([
    ["ls", "list"],
    ["ps", "list"],
    ["rm web", "delete"],
    ["sh", "shell"],
    ["ssh web", "shell"],
    ["inspect", "info"],
  ])("%s is a habit that works", (line, verb) => {
    expect(parsed(line)?.verb.name).toBe(verb);
  });
});

describe("bad input is one clear error with exit code 1", () => {
  const refused: [string, string, string?][] = [
    ["lst", "verb-unknown", "strata list"],
    ["lauch web", "verb-unknown", "strata launch web"],
    ["xyzzy", "verb-unknown"],
    ["constructor", "verb-unknown"],
    ["__proto__", "verb-unknown"],
    ["logs web", "verb-unknown", "strata console web"],
    ["run tiny", "verb-unknown", "strata launch tiny"],
    ["create", "verb-unknown", "strata launch"],
    ["up", "verb-unknown", "strata start --all"],
    ["list --jsno", "option-unknown", "strata list --json"],
    ["list --no-json", "option-unknown"],
    ["list --constructor", "option-unknown"],
    ["list -x", "option-unknown"],
    ["--bogus list", "option-unknown"],
    ["list --json=yes", "option-value-unwanted"],
    ["launch --name", "option-value-missing"],
    ["launch -n", "option-value-missing"],
    ["launch --name -- tiny", "option-value-missing"],
    ["launch a b", "argument-unwanted", "strata launch a --name b"],
    ["list web", "argument-unwanted", "strata info web"],
    ["show", "argument-missing"],
    ["exec", "argument-missing"],
    ["exec web", "argument-missing", "strata shell web"],
    ["daemon", "argument-missing"],
    ["daemon stat", "argument-invalid", "strata daemon status"],
    ["audit verfy", "argument-invalid", "strata audit verify"],
    ["launch -n 007", "name-invalid", "strata launch -n vm-007"],
    ["launch -n 1e3", "name-invalid", "strata launch -n vm-1e3"],
    ["launch -n -x", "name-invalid", "strata launch -n x"],
    ["launch -n a_b", "name-invalid", "strata launch -n a-b"],
    ["launch -n web-", "name-invalid", "strata launch -n web"],
    ["launch -c 0", "cpus-invalid", "strata launch -c 1"],
    ["launch -c 0x10", "cpus-invalid", "strata launch -c 1"],
    ["launch -c 1e2", "cpus-invalid", "strata launch -c 1"],
    ["launch -c 999", "cpus-invalid", "strata launch -c 1"],
    ["launch -m lots", "size-invalid"],
    ["launch -m 1CiG", "size-invalid", "strata launch -m 1G"],
    ["launch -d -5G", "size-invalid"],
    ["launch --timeout soon", "duration-invalid"],
    ["launch --timeout 0", "timeout-invalid"],
    ["history --limit 0", "limit-invalid", "strata history --limit 50"],
    ["list --filter state=Runing", "filter-invalid", "strata list --filter state=Running"],
    ["stop --filter colour=red", "filter-invalid"],
    ["launch --label use", "label-invalid"],
    ["launch --expires 0s", "lifetime-invalid"],
    ["launch --expires 2hours", "duration-invalid", "strata launch --expires 2h"],
    ["list --at god", "point-invalid"],
    ["history --limit 1e3", "limit-invalid", "strata history --limit 50"],
    ["events --after -1", "position-invalid"],
  ];
  // The test runner takes a missing argument for its own callback.
  const cases = refused.map(([line, code, suggestion]) => [line, code, suggestion ?? ""] as const);
  test.each(cases)("%s: %s", (line, code, suggestion) => {
    const error = refusal(line);
    expect(error.code).toBe(code);
    expect(error.exit).toBe(1);
    expect(error.hints.find(([label]) => label === "did you mean")?.[1] ?? "").toBe(suggestion);
  });
  test("each is laid out as it stands in the golden file", () => {
    const shown = refused.map(([line]) => [`$ strata ${line}`, ...errorLines(refusal(line), false)].join("\n"));
    expectGolden("errors.txt", `${shown.join("\n\n")}\n`);
  });
  test("the message names what was wrong", () => {
    expect(refusal("launch --memry 1G").message).toContain("--memry");
    expect(refusal("exec web").message).toContain("COMMAND");
    expect(refusal("list extra").message).toContain("extra");
  });
});

test("names, aliases and short options are used once", () => {
  const names = verbs.flatMap(({ name, aliases }) => [name, ...aliases]);
  expect(new Set(names).size).toBe(names.length);
  for (const { options } of verbs) {
    const shorts = Object.values(options).flatMap(({ short }) => (short === undefined ? [] : [short]));
    expect(shorts).toEqual([...new Set(shorts)].filter((short) => !["q", "v", "h"].includes(short)));
  }
});

test("every example of every verb parses as that verb", () => {
  for (const verb of verbs) {
    expect(verb.examples.length).toBeGreaterThan(0);
    for (const { line } of verb.examples) {
      const [command = ""] = line.split(/ [|<>] /);
      const argv = command
        .replace(/\$\(.*\)/, "web")
        .replaceAll(/'[^']*'/g, "quoted")
        .split(" ");
      expect(argv.shift()).toBe("strata");
      expect(parse(argv, verbs)?.verb.name).toBe(verb.name);
    }
  }
});
