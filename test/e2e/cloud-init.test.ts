/** A user's cloud-config in real guests: it takes effect, its failure is told, and its text is nowhere but where it must be. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createHome, guestMs, type Home, until, wordsOf } from "./harness.ts";

let home: Home;
beforeAll(() => {
  home = createHome();
});
afterAll(() => home.close(), 60_000);

const launch = ["launch", "tiny", "--memory", "256M"];
const canary = "CANARY-5bd1e9";
const texts = () => join(home.directory, "data/cloud-init");

function write(name: string, ...lines: string[]): string {
  const path = join(home.directory, name);
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

/** Files of the data directory that hold the canary, but for the disks of guests. */
function leaks(): string[] {
  const directory = join(home.directory, "data");
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((path) => !path.startsWith("layers/") && !path.startsWith("images/"))
    .filter((path) => statSync(join(directory, path), { throwIfNoEntry: false })?.isFile())
    .filter((path) => readFileSync(join(directory, path)).includes(canary));
}

describe("a launch with a cloud-config", () => {
  test(
    "does what it says, is done when the guest has done it, and waits for a guest that restarts meanwhile",
    async () => {
      const path = write(
        "web.yaml",
        "#cloud-config",
        "hostname: other",
        "users: [default, {name: anna}]",
        "write_files:",
        "  - path: /etc/motto",
        "    permissions: '0600'",
        `    content: be brief, ${canary}`,
        "runcmd:",
        `  - echo ${canary} >/srv/first`,
        "  - [sh, -c, 'echo $0 >/srv/second', two words]",
        // Only when the daemon waits in it, so that the way is lost in the wait and not in the login before.
        "  - for n in $(seq 600); do grep -qsa -e '-[-]wait' /proc/[0-9]*/cmdline && break; sleep 0.1; done",
        "  - sync; reboot; sleep 60",
      );
      const ran = await home.run([...launch, "--name", "web", "--cloud-init", path]);
      expect(ran.stderr).toContain("Launched: web");
      expect(ran.stderr).toContain("not used of the cloud-init text: hostname");
      expect(ran.stderr).toMatch(/^boot {8}kernel, ssh .* s\ncloud-init {2}done .* s$/m);
      expect(ran.code).toBe(0);
      const look = "hostname; sudo cat /etc/motto /srv/first /srv/second; stat -c %a /etc/motto; id -u anna";
      expect((await home.ok("exec", "web", "--", "sudo", "sh", "-c", look)).split("\n").slice(0, 5)).toEqual([
        "web",
        `be brief, ${canary}${canary}`,
        "two words",
        "600",
        expect.stringMatching(/^\d+$/),
      ]);
    },
    2 * guestMs,
  );

  test("is recorded with the digest and the size of the text", async () => {
    const [file = ""] = readdirSync(texts());
    const bytes = readFileSync(join(texts(), file));
    const digest = { sha256: new Bun.CryptoHasher("sha256").update(bytes).digest("hex"), bytes: bytes.length };
    expect(JSON.parse(await home.ok("show", "1", "--json")).request.cloudInit).toEqual(digest);
    expect(JSON.parse(await home.ok("info", "web", "--json")).info.web.cloudInit).toEqual(digest);
    expect(await home.ok("info", "web")).toContain(`${bytes.length} bytes   sha256 ${digest.sha256.slice(0, 12)}`);
  });

  test("has its text in its own file and in the seed, for the owner only, and nowhere else", async () => {
    const id = JSON.parse(await home.ok("info", "web", "--json")).info.web.id;
    expect(leaks().sort()).toEqual([`cloud-init/${id}.yaml`, `instances/${id}/seed.iso`]);
    expect(statSync(texts()).mode & 0o777).toBe(0o700);
    expect(statSync(join(texts(), `${id}.yaml`)).mode & 0o777).toBe(0o600);
    expect(statSync(join(home.directory, "data/instances", id, "seed.iso")).mode & 0o007).toBe(0);
    expect(
      home
        .processes()
        .map((pid) => wordsOf(pid, "cmdline"))
        .join("\n"),
    ).not.toContain(canary);
    const shown = await Promise.all([home.ok("show", "1"), home.ok("events"), home.ok("info", "web", "--json")]);
    expect(shown.join("\n")).not.toContain(canary);
  });

  test(
    "has it still after a stop and a start, which does not wait for cloud-init, and no more after the purge",
    async () => {
      await home.ok("stop", "--force", "web");
      const started = await home.run(["start", "web"]);
      expect(started.code).toBe(0);
      expect(started.stderr).not.toContain("cloud-init");
      await home.ok("delete", "web");
      expect(readdirSync(texts())).toHaveLength(1);
      await home.ok("purge");
      expect(leaks()).toEqual([]);
      expect(readdirSync(texts())).toEqual([]);
    },
    guestMs,
  );
});

test(
  "what fails in the guest is told with cloud-init's own words; the instance runs on and can be looked at",
  async () => {
    const text = `#cloud-config\nruncmd:\n  - echo ${canary}; exit 3\n`;
    const ran = await home.run([...launch, "--name", "bad", "--cloud-init", "-"], { stdin: text });
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(
      [
        "error: launch bad failed at cloud-init: runcmd: exit status 3 [cloud-init-failed]",
        "  kept          bad runs on, so that you can look at it",
        "  next          strata exec bad -- sudo cat /var/log/cloud-init-output.log",
        "  why           strata explain bad",
        "",
      ].join("\n"),
    );
    expect(await home.ok("exec", "bad", "--", "sudo", "cat", "/var/log/cloud-init-output.log")).toBe(`${canary}\n`);
    expect(await home.ok("explain", "bad")).toContain('failed at its step "cloud-init": runcmd: exit status 3');
    await home.ok("delete", "--purge", "bad");
  },
  guestMs,
);

test(
  "the wait for cloud-init outlives the daemon, and a Ctrl-C in it takes everything back",
  async () => {
    const path = write("slow.yaml", "#cloud-config", `runcmd: ["sleep 600 # ${canary}"]`);
    const launching = home.start([...launch, "--name", "slow", "--cloud-init", path]);
    const isWaiting = async () =>
      JSON.parse((await home.run(["info", "slow", "--json"])).stdout || "{}").info?.slow?.operation?.step ===
      "cloud-init";
    await until("the launch waits for cloud-init", isWaiting, guestMs);
    process.kill(await home.daemonPid(), "SIGKILL");
    await until("the next daemon waits for it", isWaiting, guestMs);
    launching.kill("SIGINT");
    expect(await launching.exited).toBe(130);
    expect(await home.ok("list", "--quiet")).toBe("");
    expect(leaks()).toEqual([]);
    expect(readdirSync(texts())).toEqual([]);
  },
  guestMs,
);

test(
  "a guest that never answers ends the launch at its timeout, which names the stage and leaves the console at hand",
  async () => {
    // A boot sector that stops the processor for good: cli; hlt; jmp back.
    const disk = Buffer.alloc(2 ** 20);
    disk.set([0xfa, 0xf4, 0xeb, 0xfd]);
    disk.writeUInt16LE(0xaa55, 510);
    writeFileSync(join(home.directory, "mute.raw"), disk);
    const image = join(home.directory, "mute.raw");
    const ran = await home.run(["launch", image, "--name", "mute", "--memory", "256M", "--timeout", "5s"]);
    expect(ran.code).toBe(5);
    expect(ran.stderr).toContain("failed at reachable");
    expect(ran.stderr).toContain("[reachable-timeout]");
    expect(ran.stderr).toContain("  next          strata console mute\n");
    expect(JSON.parse(await home.ok("list", "--json")).list).toMatchObject([
      { state: "Running", health: "unreachable" },
    ]);
    expect(await home.ok("explain", "mute")).toContain('failed at its step "reachable"');
    expect((await home.run(["console", "mute"])).code).toBe(0);
    await home.ok("delete", "--purge", "mute");
  },
  guestMs,
);

describe("a text that is none is refused before anything is made", () => {
  test.each([
    ["not YAML", ["#cloud-config", "a: 1", "b: [x", "c: y"], "[cloud-init-invalid]", "(line 4, column 1)"],
    ["a script", ["#!/bin/sh", "echo"], "[cloud-init-invalid]", "does not begin with the line #cloud-config"],
    ["a list", ["#cloud-config", "- a"], "[cloud-init-invalid]", "holds no keys and values"],
    ["too large", ["#cloud-config", `a: ${"x".repeat(600_000)}`], "[cloud-init-too-large]", "512K"],
  ])("%s", async (_what, lines, code, why) => {
    const path = write("refused.yaml", ...lines);
    const ran = await home.run([...launch, "--name", "none", "--cloud-init", path]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(code);
    expect(ran.stderr).toContain(why);
    expect(await home.ok("list", "--quiet")).toBe("");
  });

  test("a file that is missing", async () => {
    const ran = await home.run([...launch, "--cloud-init", join(home.directory, "none.yaml")]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("none.yaml cannot be read: it does not exist [cloud-init-unreadable]\n");
  });

  test("and a refusal for another reason keeps no text", async () => {
    const path = write("fine.yaml", "#cloud-config", `a: ${canary}`);
    expect((await home.run([...launch, "--disk", "1M", "--cloud-init", path])).code).toBe(1);
    expect(existsSync(texts()) ? readdirSync(texts()) : []).toEqual([]);
  });
});
