/** Small jobs in a guest: what is asked of it, and what is made of its answer. */
import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { growFileSystem, type OpenScript, signalSession, stepClock, stepClockByAgent } from "../../src/guest/chores.ts";
import { fakeChannel } from "../daemon/channels.ts";

const signal = () => AbortSignal.timeout(10_000);

/** A guest that answers every script the same way. */
function guest(stdout: string, code = 0) {
  const scripts: string[] = [];
  const open: OpenScript = async (script) => {
    scripts.push(script);
    const { channel, stdout: feed, finish } = fakeChannel();
    queueMicrotask(() => {
      feed.push(Buffer.from(stdout));
      finish({ code });
    });
    return channel;
  };
  return { open, scripts };
}

describe("the clock", () => {
  test("is set to ours, and both differences are told", async () => {
    const { open, scripts } = guest("1000\n1600\n");
    expect(await stepClock(open, () => 1_600_000, signal())).toEqual({ behindSeconds: 600, offSeconds: 0 });
    expect(scripts[0]).toContain("date -u -s @1600");
  });
  test("that could not be set is told as it is", async () => {
    expect(await stepClock(guest("1000\n1000\n").open, () => 1_600_000, signal())).toEqual({
      behindSeconds: 600,
      offSeconds: 600,
    });
  });
  test("is set by the guest's agent in one go, with chance of the host's", async () => {
    const scripts: string[] = [];
    const instruct = async (script: string) => {
      scripts.push(script);
      return "1000\n1600\n";
    };
    expect(await stepClockByAgent(instruct, "ab", () => 1_600_000)).toEqual({ behindSeconds: 600, offSeconds: 0 });
    expect(scripts[0]).toContain("date -u -s @1600 >/dev/null; ");
    expect(scripts[0]).toContain("printf %s ab >/dev/urandom");
  });
  for (const [shell, words] of [
    ["knows no time", "sh"],
    ["knows the time", "bash"],
  ] as const)
    test(`is looked at by a shell that ${shell}, and what \`date\` says of it is not believed`, async () => {
      const directory = mkdtempSync(join(tmpdir(), "strata-clock-"));
      // One that may not set it, and prints what it was to set all the same.
      const date = `#!/bin/sh\ncase "$*" in *-s*) echo 99; exit 1 ;; *) exec ${Bun.which("date")} "$@" ;; esac\n`;
      writeFileSync(join(directory, "date"), date, { mode: 0o755 });
      const env = { PATH: `${directory}:${process.env["PATH"]}` };
      const instruct = async (script: string) => Bun.spawnSync([words, "-c", script], { env }).stdout.toString();
      const wanted = Date.now() + 1000_000;
      const { behindSeconds, offSeconds } = await stepClockByAgent(instruct, "ab", () => wanted);
      rmSync(directory, { recursive: true });
      for (const seconds of [behindSeconds, offSeconds]) expect(Math.abs(seconds - 1000)).toBeLessThan(60);
    });
  test("that is not told is an error", async () => {
    const failed = stepClock(guest("sh: date: not found\n", 127).open, () => 1_600_000, signal());
    await expect(failed).rejects.toMatchObject({ code: "clock-unreadable" });
  });
});

test("a file system that cannot grow now is no error", async () => {
  expect(await growFileSystem(guest("").open, signal())).toBe(true);
  expect(await growFileSystem(guest("", 127).open, signal())).toBe(false);
});

test("a session's processes are found by its id", async () => {
  const { open, scripts } = guest("");
  await signalSession(open, { session: "s-1", name: "TERM" }, signal());
  expect(scripts[0]).toContain("grep -ls STRATA_SESSION=s-1 /proc/[0-9]*/environ");
  expect(scripts[0]).toContain("kill -s TERM");
});
