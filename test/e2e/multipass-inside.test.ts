/** The binary called multipass, inside a real guest: exec, shell, transfer, aliases and their scripts; a transfer that is cut short. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { asMultipass, createHome, guestMs, type Home, until } from "./harness.ts";

let home: Home;
let multipass: Home["run"];
beforeAll(async () => {
  home = createHome();
  home.environment["XDG_DATA_HOME"] = here("share");
  multipass = asMultipass(home);
  mkdirSync(here("back"), { recursive: true });
  await home.ok("launch", "tiny", "--name", "web", "--memory", "256M");
}, guestMs);
afterAll(() => home.close(), 60_000);

const manyBytes = 3e9;
const here = (...parts: string[]) => join(home.directory, "files", ...parts);
const inside = (script: string) => home.ok("exec", "web", "--", "sh", "-c", script);

test(
  "exec: words stay words, builtins work, the code is the guest's, input goes in",
  async () => {
    const exec = (...words: string[]) => multipass(["exec", "web", "--", ...words]);
    expect(await exec("printf", "<%s>", "a b", "$HOME", "*")).toEqual({
      code: 0,
      stdout: "<a b><$HOME><*>",
      stderr: "",
    });
    expect((await exec("sh", "-c", "echo bad >&2; exit 42")).code).toBe(42);
    expect((await exec("nothing-of-that-name")).code).toBe(127);
    expect(await multipass(["exec", "web", "--", "cat"], { stdin: "hello\n" })).toMatchObject({ stdout: "hello\n" });
    expect(await multipass(["exec", "-d", "/var/lib", "web", "pwd"])).toMatchObject({ code: 0, stdout: "/var/lib\n" });
    const missing = await multipass(["exec", "-d", "/nowhere", "web", "pwd"]);
    expect([missing.code === 0, missing.stdout]).toEqual([false, ""]);
    expect(missing.stderr).toContain("/nowhere");
    expect(await multipass(["exec", "nix", "ls"])).toMatchObject({
      code: 2,
      stderr: 'exec failed: The following errors occurred:\ninstance "nix" does not exist\n',
    });
  },
  guestMs,
);

test(
  "shell: a login shell, with its code",
  async () => {
    expect(await multipass(["shell", "web"], { stdin: "cd /tmp; pwd; exit 7\n" })).toMatchObject({ code: 7 });
  },
  guestMs,
);

test(
  "transfer: both ways, folders, streams, several sources, and what is left out",
  async () => {
    mkdirSync(here("tree/in ner"), { recursive: true });
    writeFileSync(here("tree/in ner/a"), "one");
    writeFileSync(here("b"), "two", { mode: 0o640 });
    const silent = { code: 0, stdout: "", stderr: "" };
    expect(await multipass(["transfer", "-r", here("tree"), here("b"), "web:"])).toEqual(silent);
    expect(await inside("cat tree/in*/a b; stat -c %a b")).toBe("onetwo640\n");
    expect(await multipass(["transfer", "-p", "web:b", here("new/deep/b")])).toEqual(silent);
    expect(readFileSync(here("new/deep/b"), "utf8")).toBe("two");
    expect(statSync(here("new/deep/b")).mode & 0o777).toBe(0o640);
    expect(await multipass(["transfer", "-", "web:said"], { stdin: "hello\n" })).toEqual(silent);
    expect(await multipass(["transfer", "web:said", "-"])).toEqual({ ...silent, stdout: "hello\n" });
    expect(await multipass(["transfer", "-", "web:"], { stdin: "dat" })).toEqual(silent);
    expect(await inside("cat stream_output.dat")).toBe("dat");
    const some = await multipass(["transfer", "web:tree", "web:b", here("back")]);
    expect(some.code).toBe(2);
    expect(some.stderr).toMatch(
      /^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\] \[error\] \[sftp\] omitting remote directory "tree": recursive mode not specified\n$/,
    );
    expect(readdirSync(here("back"))).toEqual(["b"]);
    expect(await multipass(["transfer", here("b"), here("tree"), "web:b"])).toMatchObject({
      code: 2,
      stderr: 'Target "b" is not a directory\n',
    });
  },
  guestMs,
);

test(
  "a transfer that is interrupted at half, or loses its guest: the code, a word of it, and nothing left on either side",
  async () => {
    // Nothing but a size, and more than anybody can send before it is cut off.
    writeFileSync(here("large"), "");
    truncateSync(here("large"), manyBytes);
    const begun = async () => /[1-9]\d{5,} /.test(await inside("ls -lA | grep partial || true"));
    const start = (...words: string[]) => spawn(["transfer", ...words]);
    const up = start(here("large"), "web:");
    await until("it is under way", begun);
    up.kill("SIGINT");
    expect(await new Response(up.stderr).text()).toBe("cancelled: transfer; nothing was written\n");
    expect(await up.exited).toBe(130);
    expect(await inside("ls -A")).not.toMatch(/large|partial/);

    await inside(`dd if=/dev/zero of=big bs=1 count=0 seek=${manyBytes}`);
    const down = start("web:big", here("back"));
    await until("it is under way", () => readdirSync(here("back")).some((name) => name.includes("partial")));
    await home.ok("stop", "--force", "web");
    expect(await down.exited).toBe(2);
    expect(await new Response(down.stderr).text()).toMatch(/^transfer failed: .*; nothing was written\n$/);
    expect(readdirSync(here("back"))).toEqual(["b"]);
    expect(await multipass(["transfer", "web:b", here("c")])).toMatchObject({
      code: 2,
      stderr: 'transfer failed: instance "web" is not running\n',
    });
  },
  guestMs,
);

test(
  "aliases: their scripts run in the guest, which is started for them; unalias takes them away",
  async () => {
    const bin = here("share/strata-aliases/bin");
    const made = await multipass(["alias", "web:/bin/echo", "say"]);
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(made.stdout).toContain(`PATH="$PATH:${bin}"`);
    expect(await multipass(["alias", "web:false", "no"])).toEqual({ code: 0, stdout: "", stderr: "" });
    const ran = await onPath(bin, 'say "a b" -n "$HOME"');
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(ran.stdout).toEndWith(`a b -n ${process.env["HOME"] ?? ""}\n`);
    expect((await onPath(bin, "default.no")).code).toBe(1);
    expect((await multipass(["say", "hi"])).stdout).toBe("hi\n");
    expect((await multipass(["aliases", "--format", "csv"])).stdout).toBe(
      "Alias,Instance,Command,Working directory,Context\nno,web,false,map,default*\nsay,web,/bin/echo,map,default*\n",
    );
    expect(await multipass(["unalias", "--all"])).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(readdirSync(bin)).toEqual([]);
  },
  guestMs,
);

const spawn = (words: readonly string[]) =>
  Bun.spawn([join(home.directory, "multipass"), ...words], {
    env: home.environment,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });

/** What a shell makes of a line that names a script. */
async function onPath(directory: string, line: string) {
  const env = { ...home.environment, PATH: [directory, home.environment["PATH"]].join(delimiter) };
  const child = Bun.spawn(["sh", "-c", line], { env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { stdout, stderr, code: await child.exited };
}
