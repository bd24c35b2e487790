/** A script that was written for Multipass runs unchanged, on real guests. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createHome, guestMs, type Home, linkAs, resultOf } from "./harness.ts";

let home: Home;
beforeAll(() => {
  home = createHome();
});
afterAll(() => home.close(), 60_000);

test(
  "launch, exec, transfer, alias, snapshot, restore, clone, stop, suspend, delete, recover, purge",
  async () => {
    const [programs, share, work] = ["programs", "share", "work"].map((name) => join(home.directory, name)) as [
      string,
      string,
      string,
    ];
    mkdirSync(work);
    linkAs("multipass", programs);
    if (!Bun.which("jq"))
      await Bun.write(
        join(programs, "jq"),
        `#!/bin/sh\nexec '${process.execPath}' '${join(import.meta.dir, "jq.ts")}' "$@"\n`,
        { mode: 0o755 },
      );
    const scripts = join(share, "strata-aliases/bin");
    const env = {
      ...home.environment,
      XDG_DATA_HOME: share,
      PATH: `${programs}:${scripts}:${home.environment["PATH"] ?? ""}`,
    };
    const script = join(import.meta.dir, "multipass-script.sh");
    const child = Bun.spawn(["sh", script], { env, cwd: work, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    const ran = await resultOf(child, 5 * guestMs);
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringMatching(/^first start: daemon of [^\n]*\n$/) });
    expect(readdirSync(scripts)).toEqual([]);
  },
  5 * guestMs,
);
