/** alias, aliases, unalias, prefer, and words that are aliases: what is said, where, the exit code, and what the book has then. */
import { expect, test } from "bun:test";
import type { Alias, Aliases, MultipassContext } from "../../../src/commands/multipass/context.ts";
import { UserError } from "../../../src/errors.ts";
import { instance, runLine, table } from "./harness.ts";

const list = { "instance.list": () => [instance("web"), instance("db")] };
const of = (target: string, command: string, directory: Alias["working-directory"] = "map"): Alias => ({
  instance: target,
  command,
  "working-directory": directory,
});
const book: Aliases = {
  "active-context": "work",
  contexts: {
    default: { ll: of("web", "ls"), top: of("web", "top"), same: of("web", "a") },
    work: { lsp: of("db", "ls", "default"), same: of("db", "b") },
  },
};
const broken = () => {
  throw new UserError("client-file-invalid", "the settings file /x cannot be used: it holds no object");
};

table([
  { line: "alias", situation: "no word", code: 1, stderr: "Wrong number of arguments given\n" },
  { line: "alias web:ls l x", situation: "three words", code: 1, stderr: "Wrong number of arguments given\n" },
  { line: "alias web", situation: "no colon", code: 1, stderr: "No command given\n" },
  { line: "alias web:", situation: "nothing behind the colon", code: 1, stderr: "No command given\n" },
  { line: "alias :ls", situation: "nothing before it", code: 1, stderr: "No instance name given\n" },
  { line: "alias web:ls a/b", situation: "a path as name", code: 1, stderr: "Alias has to be a valid filename\n" },
  { line: "alias web:ls ..", situation: "the folder above", code: 1, stderr: "Alias has to be a valid filename\n" },
  { line: ["alias", "web:ls", ""], situation: "no name", code: 1, stderr: "Alias has to be a valid filename\n" },
  { line: "alias web:/bin/", situation: "a folder", code: 1, stderr: "Alias has to be a valid filename\n" },
  { line: "alias nix:ls", situation: "missing", api: list, code: 1, stderr: "Instance 'nix' does not exist\n" },
  {
    line: "alias web:ls",
    situation: "no daemon",
    isAlone: true,
    code: 1,
    stderr: "Error retrieving list of instances\n",
  },
  {
    line: "alias web:ls lsp",
    situation: "there already",
    api: list,
    aliases: book,
    code: 1,
    stderr: "Alias 'lsp' already exists in current context\n",
  },
  {
    line: "alias web:ls launch",
    situation: "a command's name",
    api: list,
    code: 1,
    stderr: "Alias name 'launch' clashes with a command name\n",
  },
  {
    line: "alias web:sh connect",
    situation: "another name of a command",
    api: list,
    code: 1,
    stderr: "Alias name 'connect' clashes with a command name\n",
  },
  { line: "aliases x", situation: "a word", code: 1, stderr: "This command takes no arguments\n" },
  { line: "aliases --format xml", situation: "no such format", code: 1, stderr: "Invalid format type given.\n" },
  {
    line: "aliases",
    situation: "a damaged file",
    more: { aliases: { read: broken } as unknown as MultipassContext["aliases"] },
    code: 2,
    stderr: "aliases failed: the settings file /x cannot be used: it holds no object\n",
  },
  {
    line: "nix",
    situation: "a damaged file, and no such command",
    more: { aliases: { read: broken } as unknown as MultipassContext["aliases"] },
    code: 2,
    stderr: "nix failed: the settings file /x cannot be used: it holds no object\n",
  },
  { line: "unalias", situation: "no name", code: 1, stderr: "Name argument or --all is required\n" },
  {
    line: "unalias --all lsp",
    situation: "names and all",
    code: 1,
    stderr: "Cannot specify name when --all option set\n",
  },
  { line: "unalias x", situation: "missing", aliases: book, code: 1, stderr: "Nonexistent alias: x.\n" },
  {
    line: "unalias x lsp ll",
    situation: "two missing; other contexts' do not count",
    aliases: book,
    code: 1,
    stderr: "Nonexistent aliases: x, ll.\n",
  },
  { line: "prefer", situation: "no name", code: 1, stderr: "The prefer command needs an argument\n" },
  { line: "prefer a b", situation: "two names", code: 1, stderr: "Wrong number of arguments given\n" },
  { line: "prefer ../x", situation: "a path", code: 1, stderr: "Context has to be a valid filename\n" },
  {
    line: "nix",
    situation: "neither command nor alias",
    code: 1,
    stdout: `Error: Unknown command or alias 'nix' (try "multipass help" or "multipass aliases")\n`,
  },
  {
    line: "same2",
    situation: "no alias of that name",
    aliases: book,
    code: 1,
    stdout: /^Error: Unknown command or alias 'same2'/,
  },
]);

test("the name is that of the program, and the directory is mapped", async () => {
  const ran = await runLine(["alias", "web:/usr/bin/docker-compose"], { api: list });
  expect(ran).toMatchObject({ code: 0, stdout: "", stderr: "" });
  expect(ran.aliases.contexts).toEqual({ default: { "docker-compose": of("web", "/usr/bin/docker-compose") } });
});

test("with -n it is not mapped; it goes to the current context", async () => {
  const ran = await runLine(["alias", "-n", "web:ls", "l"], { api: list, aliases: book });
  expect(ran.aliases.contexts["work"]).toEqual({
    l: of("web", "ls", "default"),
    lsp: of("db", "ls", "default"),
    same: of("db", "b"),
  });
  expect(ran.aliases.contexts["default"]).toEqual(book.contexts["default"]);
});

const offPath = (aliases: Aliases) => ({
  aliases: {
    read: () => aliases,
    write: () => [],
    scripts: { directory: "/home/someone/bin", isOnPath: false },
  } satisfies MultipassContext["aliases"],
});

test("the first alias says how its script is found, later ones do not", async () => {
  const none: Aliases = { "active-context": "default", contexts: { default: {} } };
  const first = await runLine(["alias", "web:top"], { api: list, more: offPath(none) });
  expect(first.stdout).toEndWith('\n\nPATH="$PATH:/home/someone/bin"\n');
  expect((await runLine(["alias", "web:top"], { api: list, more: offPath(book) })).stdout).toBe("");
});

test("a script that cannot be made is the alias's failure", async () => {
  const write = () => {
    throw new UserError("alias-script-not-made", "EACCES: permission denied, mkdir '/x'");
  };
  const ran = await runLine(["alias", "web:top"], {
    api: list,
    more: { aliases: { ...offPath(book).aliases, write } },
  });
  expect(ran).toMatchObject({
    code: 1,
    stderr: "Error when creating script for alias: EACCES: permission denied, mkdir '/x'\n",
  });
});

test("unalias takes those of the current context, and others by their whole name", async () => {
  const ran = await runLine(["unalias", "lsp", "default.top"], { aliases: book });
  expect(ran).toMatchObject({ code: 0, stdout: "", stderr: "" });
  expect(ran.aliases.contexts).toEqual({
    default: { ll: of("web", "ls"), same: of("web", "a") },
    work: { same: of("db", "b") },
  });
  const all = await runLine(["unalias", "--all"], { aliases: book });
  expect(all.aliases).toEqual({
    "active-context": "work",
    contexts: { default: book.contexts["default"] ?? {}, work: {} },
  });
});

test("a script that stays is a warning", async () => {
  const write = () => [{ script: "work.lsp", why: "EPERM" }];
  const ran = await runLine(["unalias", "lsp"], { more: { aliases: { ...offPath(book).aliases, write } } });
  expect(ran).toMatchObject({ code: 0, stderr: "Warning: 'EPERM' when removing alias script for work.lsp\n" });
});

test("prefer switches, begins a context, and leaves no empty one behind", async () => {
  const fresh = await runLine(["prefer", "new"], { aliases: book });
  expect(fresh.aliases).toEqual({ "active-context": "new", contexts: { ...book.contexts, new: {} } });
  const back = await runLine(["prefer", "work"], { aliases: fresh.aliases });
  expect(back.aliases).toEqual(book);
});

test.each([
  ["lsp", ["db", "eval"], "the current context"],
  ["ll", ["web", "ls"], "the only context that has it"],
  ["default.same", ["web", "a"], "by its whole name"],
  ["same", ["db", "b"], "the current context before another"],
])("%s: %s, %s", async (word, [target = "", program = ""]) => {
  const opened: { instance: string; words?: readonly string[] }[] = [];
  const session = { open: (request: (typeof opened)[number]) => (opened.push(request), Promise.resolve(7)) };
  const ran = await runLine([word, ...(program === "eval" ? ["-d", "/tmp"] : [])], {
    api: list,
    aliases: book,
    more: { session } as unknown as Partial<MultipassContext>,
  });
  expect(ran.code).toBe(7);
  expect(opened.map(({ instance: name, words }) => [name, words?.[0]])).toEqual([[target, program]]);
});

test("what follows an alias is the command's, its options behind --", async () => {
  const opened: unknown[] = [];
  const session = { open: (request: unknown) => (opened.push(request), Promise.resolve(0)) };
  const world = { api: list, aliases: book, more: { session } as unknown as Partial<MultipassContext> };
  await runLine(["ll", "a b", "--", "-la", "--", "$HOME"], world);
  expect(opened).toEqual([{ instance: "web", words: ["ls", "a b", "-la", "--", "$HOME"] }]);
  const refused = await runLine(["ll", "-la"], world);
  expect(refused).toMatchObject({
    code: 1,
    stderr: `Unknown options: l, a.\n\nOptions to the alias should come after "--", like this:\nmultipass <alias> -- <arguments>\n`,
  });
  expect(opened).toHaveLength(1);
});
