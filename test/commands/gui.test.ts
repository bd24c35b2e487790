/** gui and sessions: the real program against a stand-in for the daemon, with an opener that tells what it was given. */
import { afterEach, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { WindowSession } from "../../src/model/window.ts";
import { cli, type CliRun, startCli, startStandIn, type StandIn } from "./stand-in.ts";

const secret = "S".repeat(43);
const url = `http://127.0.0.1:4711/#token=${secret}`;
const session: WindowSession = {
  id: "5f0c2a91",
  user: "ada",
  kind: "page",
  since: "2026-11-20T14:00:00.000Z",
  used: "2026-11-20T14:05:00.000Z",
  program: "/usr/bin/strata",
};

let standIn: StandIn | undefined;
afterEach(() => {
  standIn?.stop();
  standIn = undefined;
});

/** `lifeMs`: of the token; `asksUntilIn`: how often it is asked whether the page signed in, until it has. */
function daemon({ lifeMs = 60_000, asksUntilIn = 2 } = {}): StandIn {
  let asked = 0;
  return startStandIn({
    "window.open": () => ({
      url,
      port: 4711,
      session: session.id,
      expires: new Date(Date.now() + lifeMs).toISOString(),
    }),
    "window.sessions": () => ({ sessions: ++asked >= asksUntilIn ? [session] : [], refusals: 3 }),
    "window.revoke": () => [session],
  });
}

interface Desktop {
  run(...argv: string[]): CliRun;
  readonly environment: Record<string, string>;
  readonly home: string;
  /** Where the script writes what it was given. */
  readonly note: string;
}

/** A machine with a screen, whose opener runs `script`. */
function desktop(at: StandIn, script: string): Desktop {
  const [home, bin, note] = ["home", "bin", "note"].map((name) => join(at.directory, name)) as [string, string, string];
  mkdirSync(home);
  mkdirSync(bin);
  writeFileSync(join(bin, "xdg-open"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, "xdg-open"), 0o755);
  const environment = { STRATA_HOST: at.socket, HOME: home, PATH: `${bin}:/usr/bin:/bin`, DISPLAY: ":7", NOTE: note };
  return { run: (...argv) => startCli(argv, environment), environment, home, note };
}

describe("gui", () => {
  test("--print prints the address, and --json what belongs to it", async () => {
    standIn = daemon();
    expect(await cli(standIn, "gui", "--print")).toMatchObject({ code: 0, stdout: `${url}\n` });
    const { stdout } = await cli(standIn, "gui", "--print", "--json");
    expect(JSON.parse(stdout)).toEqual({ schema: 1, url, session: session.id, expires: expect.any(String) });
  });

  test("prints it where nothing opens pages, and says so", async () => {
    standIn = daemon();
    const { code, stdout, stderr } = await cli(standIn, "gui");
    expect([code, stdout]).toEqual([0, `${url}\n`]);
    expect(stderr).toContain("no browser  nothing here opens one");
  });

  test("gives the opener a file of this user alone, no argument has the token, and nothing is left", async () => {
    standIn = daemon();
    const { run, home, note } = desktop(
      standIn,
      'printf "%s|" "$@" > $NOTE; stat -c %a "$1" >> $NOTE; cat "$1" >> $NOTE',
    );
    const { code, stdout, stderr } = await run("gui").result();
    expect([code, stdout]).toEqual([0, ""]);
    expect(stderr).toContain(`Opened: the window, session ${session.id}`);
    const [words = "", ...content] = readFileSync(note, "utf8").split("\n");
    expect(words).toMatch(new RegExp(`^${home}/strata-gui-[0-9a-f]{12}\\.html\\|600$`));
    expect(content.join("\n")).toContain(`content="0;url=${url}"`);
    expect(stderr).not.toContain(secret);
    expect(readdirSync(home)).toEqual([]);
  });

  test("prints the address when the opener fails", async () => {
    standIn = daemon({ asksUntilIn: 1_000 });
    const { run, home } = desktop(standIn, "exit 3");
    const { code, stdout, stderr } = await run("gui").result();
    expect([code, stdout]).toEqual([0, `${url}\n`]);
    expect(stderr).toMatch(/^no browser {2}\S+\/xdg-open ended with 3; /);
    expect(readdirSync(home)).toEqual([]);
  });

  test("prints the address where there is no home for the file", async () => {
    standIn = daemon();
    const { environment, home, note } = desktop(standIn, "touch $NOTE");
    const { code, stdout, stderr } = await startCli(["gui"], { ...environment, HOME: `${home}/none` }).result();
    expect([code, stdout, existsSync(note)]).toEqual([0, `${url}\n`, false]);
    expect(stderr).toContain("ENOENT");
  });

  test("says so when no page signed in", async () => {
    standIn = daemon({ lifeMs: 300, asksUntilIn: 1_000 });
    const { run, home } = desktop(standIn, "exit 0");
    const { code, stderr } = await run("gui").result();
    expect([code, stderr]).toEqual([2, expect.stringContaining("[window-unused]")]);
    expect(stderr).toContain("strata gui --print");
    expect(readdirSync(home)).toEqual([]);
  });

  test("takes the file away at a Ctrl-C", async () => {
    standIn = daemon({ asksUntilIn: 100_000 });
    const { run, home } = desktop(standIn, "exit 0");
    const started = run("gui");
    while (!standIn.calls.some(({ name }) => name === "window.sessions")) await Bun.sleep(5);
    expect(readdirSync(home)).toHaveLength(1);
    started.process.kill("SIGINT");
    expect((await started.result()).code).toBe(130);
    expect(readdirSync(home)).toEqual([]);
  });
});

describe("sessions", () => {
  test("lists them, and what was refused", async () => {
    standIn = daemon({ asksUntilIn: 1 });
    const { code, stdout, stderr } = await cli(standIn, "sessions", "--format", "csv");
    expect([code, stdout]).toEqual([
      0,
      `id,user,kind,since,used,program\n${session.id},ada,page,${session.since},${session.used},/usr/bin/strata\n`,
    ]);
    expect(stderr).toStartWith("refused     3 requests");
  });

  test("says that there are none", async () => {
    standIn = daemon();
    expect((await cli(standIn, "sessions")).stderr).toContain("Nobody is signed in.");
  });

  test.each([
    ["sessions revoke 5f0c2a91", [{ session: "5f0c2a91" }]],
    ["sessions revoke 5f0c2a91 00000000", [{ session: "5f0c2a91" }, { session: "00000000" }]],
    ["sessions revoke --all", [{ all: true }]],
  ])("%s", async (line, inputs) => {
    standIn = daemon();
    const { code, stderr } = await cli(standIn, ...line.split(" "));
    expect([code, stderr]).toEqual([0, "Revoked: session 5f0c2a91 of ada\n".repeat(inputs.length)]);
    expect(standIn.calls.map(({ name, input }) => [name, input])).toEqual(
      inputs.map((input) => ["window.revoke", input]),
    );
  });

  test.each([
    ["sessions revoke", "argument-missing"],
    ["sessions revoke 5f0c2a91 --all", "argument-missing"],
    ["sessions list 5f0c2a91", "argument-unwanted"],
    ["sessions --all", "argument-unwanted"],
    ["sessions 5f0c2a91", "argument-invalid"],
  ])("%s is refused", async (line, code) => {
    standIn = daemon();
    const ran = await cli(standIn, ...line.split(" "));
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining(`[${code}]`)]);
    expect(standIn.calls).toEqual([]);
  });
});
