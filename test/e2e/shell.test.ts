/** A shell in a guest, in a real terminal: size, resize, ^C, exit code; and pipes that carry much. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { binary, createHome, guestMs, type Home, until } from "./harness.ts";

let home: Home;
beforeAll(async () => {
  home = createHome();
  await home.ok("launch", "tiny", "--name", "web", "--memory", "256M");
}, guestMs);
afterAll(() => home.close(), 60_000);

type Step = { expect: string } | { send: string } | { resize: [number, number] };

async function play(words: readonly string[], script: readonly Step[]) {
  const program = [
    "python3",
    join(import.meta.dir, "terminal.py"),
    "100",
    "40",
    JSON.stringify(script),
    binary,
    ...words,
  ];
  const child = Bun.spawn(program, { env: home.environment, stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  const shown = await new Response(child.stdout).text();
  return { shown, code: await child.exited };
}

test(
  "a shell has the terminal's size, follows it, passes ^C, and ends with the shell's code",
  async () => {
    const { shown, code } = await play(
      ["shell", "web"],
      [
        { expect: "[$#] " },
        { send: "stty size\r" },
        { expect: "40 100" },
        { resize: [72, 21] },
        // A new size and a typed word travel apart, so the guest is asked until it knows.
        { send: "until stty size | grep -q '21 72'; do sleep 0.1; done; echo re''sized\r" },
        { expect: "resized" },
        // A program that says it is there is one that a ^C reaches; between the shell's own words it may meet nobody.
        { send: 'sh -c \'trap "exit 130" INT; echo be""gun; while :; do sleep 1; done\'\r' },
        { expect: "begun" },
        { send: "\x03" },
        { expect: "[$#] " },
        { send: "echo code $?\r" },
        { expect: "code 130" },
        { send: "exit 3\r" },
      ],
    );
    expect(shown).not.toContain("(not seen");
    expect(code).toBe(3);
  },
  guestMs,
);

test(
  "exec with a terminal on both sides has one in the guest too; with a pipe it has none",
  async () => {
    const { shown } = await play(["exec", "web", "--", "tty"], []);
    expect(shown).toContain("/dev/pts/");
    expect((await home.run(["exec", "web", "--", "tty"])).stdout).toContain("not a tty");
  },
  guestMs,
);

test(
  "working directory and variables are honoured; a directory that is not there is not the command's failure",
  async () => {
    expect(await home.ok("exec", "--working-directory", "/etc", "web", "pwd")).toBe("/etc\n");
    expect(await home.ok("exec", "-e", "A=it's", "--env", "B=2", "web", "sh", "-c", 'echo "$A $B"')).toBe("it's 2\n");
    expect((await home.run(["exec", "-d", "/nowhere", "web", "pwd"])).code).toBe(125);
  },
  guestMs,
);

test(
  "12 MiB go through a pipe both ways, whole, in constant memory",
  async () => {
    const pid = await home.daemonPid();
    const before = residentOf(pid);
    const script = `head -c ${12 << 20} /dev/zero | '${binary}' exec web -- cat | sha256sum`;
    const child = Bun.spawn(["sh", "-c", script], {
      env: home.environment,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
    });
    const sum = (await new Response(child.stdout).text()).split(" ")[0];
    expect(sum).toBe(new Bun.CryptoHasher("sha256").update(new Uint8Array(12 << 20)).digest("hex"));
    expect(residentOf(pid) - before).toBeLessThan(40 << 20);
  },
  guestMs,
);

test(
  "a client that is killed leaves no command running in the guest",
  async () => {
    const isRunning = async () => (await home.ok("exec", "web", "--", "ps")).includes("sleep 4321");
    const child = home.start(["exec", "web", "--", "sleep", "4321"]);
    await until("the command runs", isRunning);
    child.kill("SIGKILL");
    await until("the command is gone", async () => !(await isRunning()));
  },
  guestMs,
);

/** Resident bytes of a process, from its status. */
function residentOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
}
