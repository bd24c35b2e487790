/** Completion: what is offered where, as a table; and through the shells themselves against a daemon that answers, is silent, or is not there. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { complete, surfaceOf } from "../../src/commands/complete.ts";
import { verbs } from "../../src/commands/index.ts";
import { UserError } from "../../src/errors.ts";
import { windowSessions } from "../render/samples-window.ts";
import { instance, operation, startCli, startStandIn } from "./stand-in.ts";
import type { StandIn } from "./stand-in.ts";

const surface = surfaceOf(verbs);
const offered = async (...words: string[]) =>
  (await complete(words, surface, async (what) => [{ word: `<${what}>`, about: "" }]))
    .map(({ word }) => word)
    .filter((word) => word.startsWith("<") || words.at(-1) !== "");
const all = async (...words: string[]) =>
  (await complete([...words], surface, async (what) => [{ word: `<${what}>`, about: "" }])).map(({ word }) => word);

describe("what is offered", () => {
  test.each([
    ["a verb by its beginning", ["expl"], ["explain"]],
    ["a verb after an option", ["--json", "expl"], ["explain"]],
    ["a value before the verb", ["--format", "js"], ["json"]],
    ["an attached value", ["list", "--format=y"], ["--format=yaml"]],
    ["a value after a short option that takes none", ["list", "-q", "--forma"], ["--format"]],
    ["choices", ["audit", "ver"], ["verify"]],
    ["running ones to stop", ["stop", ""], ["<running>"]],
    ["another one to stop", ["stop", "web", ""], ["<running>"]],
    ["one to enter, which need not run", ["shell", ""], ["<instance>"]],
    ["one to enter, not two", ["shell", "web", ""], []],
    ["also under an alias", ["ssh", ""], ["<instance>"]],
    ["running ones to suspend", ["suspend", ""], ["<running>"]],
    ["deleted ones", ["recover", ""], ["<deleted>"]],
    ["deleted ones to purge", ["purge", ""], ["<deleted>"]],
    ["images", ["launch", "--name", "web", ""], ["<image>"]],
    ["no image as a name", ["launch", "--name", ""], []],
    ["a setting", ["get", ""], ["<setting>"]],
    ["a setting to change", ["set", ""], ["<assignment>"]],
    ["operations", ["show", ""], ["<operation>"]],
    ["those under way", ["cancel", ""], ["<pending-operation>"]],
    ["what to do with sessions", ["sessions", "rev"], ["revoke"]],
    ["sessions to end", ["sessions", "revoke", ""], ["<session>"]],
    ["an instance for exec", ["exec", ""], ["<running>"]],
    ["nothing of ours where the guest's words are", ["exec", "web", "ls", "--he"], []],
    ["nothing after exec's --", ["exec", "web", "--", ""], []],
    ["no option after --", ["stop", "--", "--a"], []],
    ["nothing for an unknown verb", ["lanch", ""], []],
    ["pages of help", ["help", "exit"], ["exit-codes"]],
  ] as const)("%s", async (_what, words, expected) => {
    expect(await offered(...words)).toEqual([...expected]);
  });

  test("every verb, and every option that is not given yet", async () => {
    expect(await all("")).toEqual(verbs.map(({ name }) => name));
    expect(await all("launch", "--")).toContain("--memory");
    expect(await all("launch", "--memory", "1G", "--")).not.toContain("--memory");
  });

  test("a name that stands there already is not offered again", async () => {
    const names = async () => ["a", "b"].map((word) => ({ word, about: "" }));
    expect((await complete(["stop", "a", ""], surface, names)).map(({ word }) => word)).toEqual(["b"]);
  });
});

let standIn: StandIn;
let bin: string;
const event = (number: number) => ({
  number,
  time: "2026-11-20T11:00:00.000Z",
  who: "u",
  what: `launch i${number}`,
  type: "launch",
  result: "ok",
  position: number,
});
const offer = (host: string, ...names: string[]) => ({
  host,
  names,
  name: host === "release" ? (names[0] ?? "") : `${host}:${names[0]}`,
  title: `Ubuntu ${names[0]}`,
  release: "",
  version: "1",
  architecture: "amd64",
  url: "http://lab.example/x",
  isSupported: true,
  isHere: false,
});
const kept = (name: string, title: string) => ({
  name,
  title,
  sha256: "a".repeat(64),
  bytes: 1,
  virtualSize: 1,
  format: "raw" as const,
  addedAt: "",
  usedAt: "",
  instances: [],
});
beforeAll(() => {
  standIn = startStandIn({
    "instance.list": () => [
      instance("web", { operation: operation(7, "start") }),
      instance("worker"),
      instance("db", { state: "Stopped", power: "off" }),
      instance("gone", { state: "Deleted", power: "off" }),
    ],
    "image.list": () => [kept("tiny", "Tiny Linux"), kept("daily:noble", "Ubuntu")],
    "image.find": ({ isOffline, force }) => {
      if (!isOffline || force) throw new UserError("asked", "a key that is pressed asks no host");
      return { offers: [offer("release", "24.04", "noble", "n"), offer("release", "25.10", "questing")], hosts: [] };
    },
    "history.list": () => [event(2), event(1)],
    "point.tree": () => [],
    "window.sessions": () => ({ sessions: [...windowSessions], refusals: 0 }),
    "settings.list": () => [{ key: "driver.qemu", value: "carried", default: "carried", about: "which QEMU" }],
  });
  bin = mkdtempSync(join(tmpdir(), "strata-completion-"));
  const program = join(bin, "strata");
  writeFileSync(program, `#!/bin/sh\nexec ${process.execPath} ${join(import.meta.dir, "../../src/main.ts")} "$@"\n`);
  chmodSync(program, 0o755);
  const named = `#!/usr/bin/env bash\nexec -a multipass ${process.execPath} ${join(import.meta.dir, "../../src/main.ts")} "$@"\n`;
  writeFileSync(join(bin, "multipass"), named, { mode: 0o755 });
  mkdirSync(join(bin, ".config/strata"), { recursive: true });
  const ll = { instance: "web", command: "ls", "working-directory": "map" };
  writeFileSync(
    join(bin, ".config/strata/multipass_aliases.json"),
    JSON.stringify({ "active-context": "default", contexts: { default: { ll }, work: { lsp: ll } } }),
  );
});
afterAll(() => {
  standIn.stop();
  rmSync(bin, { recursive: true, force: true });
});

async function inShell(argv: readonly string[], environment: Record<string, string> = {}): Promise<string> {
  const child = Bun.spawn([...argv], {
    env: {
      PATH: `${bin}:${process.env["PATH"]}`,
      HOME: bin,
      TERM: "dumb",
      STRATA_HOST: standIn.socket,
      ...environment,
    },
    cwd: bin,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  await child.exited;
  return out + errors;
}

/** Runs the completion function as bash does: words split where bash splits them. */
const bash = (words: readonly string[], environment?: Record<string, string>, name = "strata") => {
  const quoted = [name, ...words].map((word) => `'${word}'`).join(" ");
  return inShell(
    [
      "bash",
      "-c",
      `eval "$(strata completion bash)"; COMP_WORDS=(${quoted}); COMP_CWORD=${words.length}
       _strata_complete; printf '%s\\n' "\${COMPREPLY[@]}"`,
    ],
    environment,
  );
};

/** Presses the key until something is shown: on a busy host nothing may be, where the daemon is asked; five times at most. */
async function pressed(press: () => Promise<string>, expected: string): Promise<string> {
  let shown = "";
  for (let presses = 0; presses === 0 || (presses < 5 && !shown.includes(expected)); presses++) shown = await press();
  return shown;
}
const inOneLine = (shown: string): string => shown.trim().split("\n").join(" ");

describe("bash", () => {
  test.each([
    [["wai"], "wait"],
    [["laun"], "launch"],
    [["shell", "w"], "web worker"],
    [["recover", ""], "gone"],
    [["launch", "t"], "tiny"],
    [["launch", "nob"], "noble"],
    [["launch", "24"], "24.04"],
    [["launch", "daily", ":", "no"], "noble"],
    [["list", "--format", "=", "js"], "json"],
    [["get", "driver"], "driver.qemu"],
    [["set", "driver"], "driver.qemu="],
    [["show", ""], "2 1"],
    [["cancel", ""], "7"],
    [["sessions", "revoke", "5"], "5f0c2a91"],
  ] as const)("%p", async (words, expected) => {
    expect(await pressed(async () => inOneLine(await bash(words)), expected)).toBe(expected);
  });

  test.each([
    [["laun"], "launch"],
    [["ll"], "ll"],
    [["wo"], "work.lsp"],
    [["shell", "w"], "web worker"],
    [["start", "web", "w"], "worker"],
    [["transfer", "a", "w"], "web: worker:"],
    [["transfer", "--re"], "--recursive"],
    [["aliases", "--format", "=", "js"], "json"],
    [["aliases", "--format", "y"], "yaml"],
    [["unalias", "l"], "ll"],
    [["help", "susp"], "suspend"],
    [["get", "local.db.c"], "local.db.cpus"],
    [["set", "client.p"], "client.primary-name="],
    [["--ve"], "--verbose"],
    [["exec", "web", "ls", "--"], ""],
    [["ll", "--"], ""],
  ] as const)("multipass %p", async (words, expected) => {
    const press = async () => inOneLine(await bash(words, {}, "multipass"));
    expect(await pressed(press, expected)).toBe(expected);
  });

  test("another program of that name is not heard", async () => {
    const other = join(bin, "other");
    mkdirSync(other);
    writeFileSync(join(other, "multipass"), "#!/bin/sh\necho Unknown command; exit 1\n", { mode: 0o755 });
    const path = { PATH: `${other}:${bin}:${process.env["PATH"]}` };
    expect((await bash(["laun"], path, "multipass")).trim()).toBe("");
  });

  test("a daemon that takes the call and says nothing costs a moment, and no word of complaint", async () => {
    const silent = join(bin, "silent.sock");
    const listening = Bun.listen({ unix: silent, socket: { data: () => undefined } });
    try {
      expect((await bash(["shell", ""], { STRATA_HOST: silent })).trim()).toBe("");
      expect((await bash(["sto"], { STRATA_HOST: silent })).trim()).toBe("stop");
    } finally {
      listening.stop(true);
    }
  }, 60_000);

  test("no daemon: words of the program are there, none is started, nothing is made", async () => {
    const home = join(bin, "home");
    const place = { STRATA_HOST: "", STRATA_HOME: home, XDG_RUNTIME_DIR: bin };
    expect((await bash(["shell", ""], place)).trim()).toBe("");
    expect((await bash(["sto"], place)).trim()).toBe("stop");
    expect(readdirSync(bin)).not.toContain("home");
  });
});

const has = (program: string) => Bun.which(program) !== null;

test.if(has("fish"))("fish shows words with what they are", async () => {
  const complete = (line: string) =>
    inShell(["fish", "--no-config", "-c", `strata completion fish | source; complete -C '${line}'`]);
  for (const [line, expected] of [
    ["strata shell w", "web\tRunning, Tiny Linux\nworker\tRunning, Tiny Linux\n"],
    ["strata laun", "launch\tMake an instance and start it\n"],
    ["strata list --format=js", "--format=json\n"],
    ["multipass connect w", "web\tRunning, Tiny Linux\nworker\tRunning, Tiny Linux\n"],
  ] as const)
    expect(await pressed(() => complete(line), expected)).toBe(expected);
});

/** zsh completes only at a terminal: zpty gives it one. */
const zshSession = (line: string) => `
  zmodload zsh/zpty
  zpty shell zsh -f -i
  zpty -w shell 'PS1=; autoload -U compinit; compinit -u -D; eval "$(strata completion zsh)"; print REA""DY'
  while zpty -r shell line; do [[ $line == *READY* ]] && break; done
  zpty -w -n shell '${line}'$'\\t'
  zpty -w shell ' ; exit'
  while zpty -r shell line; do print -r -- "$line"; done`;

test.if(has("zsh"))(
  "zsh completes at a terminal",
  async () => {
    const complete = (line: string) => inShell(["zsh", "-f", "-c", zshSession(line)]);
    for (const [line, expected] of [
      ["strata recover g", "strata recover gone"],
      ["multipass unalias l", "multipass unalias ll"],
      ["strata launch dai", "daily:noble"],
    ] as const)
      expect(await pressed(() => complete(line), expected)).toContain(expected);
    expect(await pressed(() => complete("strata set driver.q"), "emu=")).toMatch(/driver\.q\W*emu=/);
  },
  120_000,
);

test("an environment that is wrong is no reason to complain while somebody types", async () => {
  expect(await startCli(["__complete", "--", "sto"], { STRATA_HOME: "relative" }).result()).toEqual({
    code: 0,
    stdout: "",
    stderr: "",
  });
});

test("the scripts are whole for their shells", async () => {
  for (const shell of ["bash", "zsh", "fish"].filter(has)) {
    const script = join(import.meta.dir, "../../src/commands/completion", `${shell}.txt`);
    expect(await inShell([shell, "-n", script])).toBe("");
  }
});
