/** The line for the guest's shell: checked by a real shell, which must read back exactly the words that were given. */
import { describe, expect, test } from "bun:test";
import { commandLine, quoteWord } from "../../src/guest/command-line.ts";

const words = [
  "",
  " ",
  "plain",
  "two words",
  "*",
  "?[a-z]",
  "$HOME",
  "$(id)",
  "`id`",
  "~",
  "~root",
  "!!",
  "#",
  ";",
  "&&",
  "|",
  ">",
  "<",
  "(",
  "{a,b}",
  "'",
  "''",
  `"`,
  `a'b"c`,
  "\\",
  "\\n",
  "\n",
  "line\nbreak",
  "\t",
  "-n",
  "--",
  "=",
  "a=b",
  "é",
  "日本",
  "if",
  "\u0001",
  "%s",
  "x".repeat(10_000),
];

/** What `sh` makes of a line, standard output as text. */
function shell(line: string, environment: Record<string, string> = {}): { out: string; code: number } {
  const run = Bun.spawnSync(["sh", "-c", line], { env: { PATH: process.env.PATH ?? "", ...environment }, cwd: "/" });
  return { out: run.stdout.toString(), code: run.exitCode };
}

describe("words", () => {
  test.each(words.map((word) => [word.slice(0, 20), word]))("reach the command exactly: %j", (_, word) => {
    expect(shell(`printf %s ${quoteWord(word)}`).out).toBe(word);
  });

  test("reach the command apart", () => {
    const line = commandLine({ words: ["printf", "%s|", ...words], environment: {} });
    expect(shell(line ?? "").out).toBe(words.map((word) => `${word}|`).join(""));
  });

  test("name the command itself even when it is called like a keyword or an alias", () => {
    expect(commandLine({ words: ["if", "then"], environment: {} })).toBe("'if' 'then'");
  });

  test("with a zero byte are refused", () => {
    expect(() => quoteWord("a\0b")).toThrow("zero byte");
  });
});

describe("the line", () => {
  test("is none for a plain login shell", () => {
    expect(commandLine({ environment: {} })).toBeUndefined();
  });

  test("returns 127 for a command that is not there", () => {
    expect(shell(commandLine({ words: ["no-such-command"], environment: {} }) ?? "").code).toBe(127);
    expect(shell(commandLine({ words: ["no-such-command"], environment: { A: "1" } }) ?? "").code).toBe(127);
  });

  test("sets the environment with any value", () => {
    const environment = { FOO: "b a r $HOME", _X9: "'\n" };
    const line = commandLine({ words: ["sh", "-c", 'printf "%s|%s" "$FOO" "$_X9"'], environment });
    expect(shell(line ?? "").out).toBe("b a r $HOME|'\n");
  });

  test.each(["1A", "A-B", "A B", "", "A=B", "é", "A\n"])("refuses %j as the name of a variable", (name) => {
    expect(() => commandLine({ words: ["true"], environment: { [name]: "x" } })).toThrow(
      "no name of an environment variable",
    );
  });

  test.each([
    ["/usr", "/usr"],
    ["usr", "/usr"],
  ])("changes to the directory %s first", (directory, expected) => {
    expect(shell(commandLine({ words: ["pwd"], environment: {}, directory }) ?? "").out.trim()).toBe(expected);
  });

  test("does not run the command when there is no such directory", () => {
    const { out, code } = shell(commandLine({ words: ["echo", "ran"], environment: {}, directory: "/nowhere" }) ?? "");
    expect({ out, isZero: code === 0 }).toEqual({ out: "", isZero: false });
  });

  test.each(["-", "-P", "~"])("takes the directory %s as a name", (directory) => {
    const ran = shell(commandLine({ words: ["echo", "ran"], environment: {}, directory }) ?? "", {
      OLDPWD: "/",
      HOME: "/",
    });
    expect(ran.out).toBe("");
  });

  test("starts a login shell with environment and directory when there are no words", () => {
    const line = commandLine({ environment: { A: "1" }, directory: "/tmp" });
    expect(line).toBe(`cd -- '/tmp' || exit 125; exec env 'A=1' "\${SHELL:-/bin/sh}" -l`);
  });

  test("needs a word when words are given", () => {
    expect(() => commandLine({ words: [], environment: {} })).toThrow("at least one word");
  });
});
