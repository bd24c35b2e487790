/** The life of real guests, through the compiled binary. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHome, guestMs, type Home, resultOf, until } from "./harness.ts";

let home: Home;
beforeAll(() => {
  home = createHome();
});
afterAll(() => home.close(), 60_000);

interface Listed {
  readonly name: string;
  readonly state: string;
  readonly health: string;
}
const list = async (): Promise<Listed[]> => JSON.parse(await home.ok("list", "--json")).list;
const stateOf = async (name: string) => (await list()).find((each) => each.name === name)?.state;

describe("a guest", () => {
  test(
    "is launched, and said to be",
    async () => {
      const ran = await home.run(["launch", "tiny", "--name", "web", "--memory", "256M", "--reason", "a test"]);
      expect(ran.stderr).toContain("Launched: web   operation 1");
      expect(ran.code).toBe(0);
      expect(await stateOf("web")).toBe("Running");
    },
    guestMs,
  );

  test("runs programs with their exit codes, separate outputs and exact words", async () => {
    expect(await home.run(["exec", "web", "--", "sh", "-c", "echo out; echo err >&2; exit 7"])).toEqual({
      code: 7,
      stdout: "out\n",
      stderr: "err\n",
    });
    expect(await home.ok("exec", "web", "printf", "[%s]", "a b", "$HOME", "*", "it's", "")).toBe(
      "[a b][$HOME][*][it's][]",
    );
    expect((await home.run(["exec", "web", "ls", "-la", "/"])).stdout).toContain("etc");
    expect((await home.run(["exec", "web", "--", "no-such-program"])).code).toBe(127);
    expect((await home.run(["exec", "web", "--", "sh", "-c", "kill -TERM $$"])).code).toBe(128 + 15);
  });

  test("takes and gives bytes unchanged", async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(65_536));
    const ran = home.start(["exec", "web", "--", "true"]);
    await ran.exited;
    const back = await home.run(["exec", "web", "--", "sha256sum"], { stdin: bytes });
    expect(back.stdout).toContain(new Bun.CryptoHasher("sha256").update(bytes).digest("hex"));
  });

  test(
    "keeps its files over stop and start",
    async () => {
      await home.ok("exec", "web", "--", "sh", "-c", "echo precious > notes; sync");
      await home.ok("stop", "web");
      expect(await stateOf("web")).toBe("Stopped");
      expect((await home.run(["exec", "web", "true"])).code).not.toBe(0);
      await home.ok("start", "web");
      expect(await home.ok("exec", "web", "cat", "notes")).toBe("precious\n");
    },
    guestMs,
  );

  test(
    "runs on when the daemon is killed, and is found again",
    async () => {
      const boot = await home.ok("exec", "web", "cat", "/proc/sys/kernel/random/boot_id");
      process.kill(await home.daemonPid(), "SIGKILL");
      expect(await home.ok("exec", "web", "cat", "/proc/sys/kernel/random/boot_id")).toBe(boot);
      expect(await stateOf("web")).toBe("Running");
    },
    guestMs,
  );

  test("that powers itself off is seen to be off, by its own doing", async () => {
    await home.run(["exec", "web", "--", "sudo", "poweroff"]);
    await until("web is stopped", async () => (await stateOf("web")) === "Stopped");
    expect(await home.ok("explain", "web")).toContain("powered itself off");
  });

  test(
    "goes to the trash, comes back, and is purged for good",
    async () => {
      await home.ok("delete", "web");
      expect(await stateOf("web")).toBe("Deleted");
      await home.ok("recover", "web");
      expect(await stateOf("web")).toBe("Stopped");
      await home.ok("delete", "web");
      await home.ok("purge");
      expect(await list()).toEqual([]);
      await until("the daemon alone is left", () => home.processes().length === 1);
    },
    guestMs,
  );

  test("leaves a history that can be read and verified", async () => {
    const rows: { what: string; reason?: string; number?: number }[] = JSON.parse(
      await home.ok("history", "--json", "--reverse"),
    ).history;
    expect(rows.filter((row) => row.number !== undefined).map((row) => row.what)).toEqual([
      "launch web",
      "stop web",
      "start web",
      "delete web",
      "recover web",
      "delete web",
      "purge web",
    ]);
    expect(rows.find((row) => row.number === 1)?.reason).toBe("a test");
    expect(await home.ok("audit", "verify")).toMatch(/^ok\s/m);
  });
});

describe("several guests", () => {
  test(
    "are launched at once; of two with one name, one is refused",
    async () => {
      const runs = await Promise.all(
        ["a", "b", "b"].map((name) => home.run(["launch", "tiny", "--name", name, "--memory", "256M"])),
      );
      expect(runs.map((ran) => ran.code).sort()).toEqual([0, 0, 2]);
      expect(runs.find((ran) => ran.code === 2)?.stderr).toContain("[instance-exists]");
      expect((await list()).map(({ name, state }) => `${name} ${state}`)).toEqual(["a Running", "b Running"]);
    },
    2 * guestMs,
  );

  test(
    "are stopped in parallel, each reported",
    async () => {
      const ran = await home.run(["stop", "a", "b", "nobody"]);
      expect(ran.code).toBe(2);
      expect(ran.stderr).toContain("nobody");
      expect((await list()).map((each) => each.state)).toEqual(["Stopped", "Stopped"]);
      await home.ok("delete", "--purge", "a", "b");
    },
    guestMs,
  );
});

describe("a launch", () => {
  test(
    "goes on after the daemon was killed under it",
    async () => {
      const launching = home.start(["launch", "tiny", "--name", "late", "--memory", "256M"]);
      await until(
        "the launch boots",
        async () => (await home.run(["list", "--json"])).stdout.includes('"late"') && home.processes().length > 2,
      );
      process.kill(await home.daemonPid(), "SIGKILL");
      const { stderr } = await resultOf(launching);
      const evidence = async () => {
        const asked = [["explain", "late"], ["console", "late"], ["history"]].map((words) => home.run(words));
        return [stderr, ...(await Promise.all(asked)).map((ran) => ran.stderr + ran.stdout.slice(-2_000))].join("\n");
      };
      await until(
        "late answers",
        async () => (await list()).some((each) => each.name === "late" && each.health === "ready"),
        guestMs / 2,
        evidence,
      );
      await home.ok("delete", "--purge", "late");
    },
    2 * guestMs,
  );

  test(
    "that is interrupted leaves no instance",
    async () => {
      const launching = home.start(["launch", "tiny", "--name", "gone", "--memory", "256M"]);
      await until("the launch is under way", async () =>
        (await home.run(["list", "--json"])).stdout.includes('"gone"'),
      );
      launching.kill("SIGINT");
      expect(await launching.exited).toBe(130);
      await until("no instance is left", async () => (await list()).length === 0);
      await until("the daemon alone is left", () => home.processes().length === 1);
    },
    guestMs,
  );
});
