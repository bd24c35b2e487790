/** A script that was written for Multipass runs unchanged, on real guests. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asMultipass, createHome, guestMs, type Home, resultOf } from "./harness.ts";

let home: Home;
beforeAll(() => {
  home = createHome();
});
afterAll(() => home.close(), 60_000);

test(
  "launch, exec, transfer, alias, snapshot, restore, clone, stop, delete, recover, purge",
  async () => {
    asMultipass(home);
    if (!Bun.which("jq")) standInForJq(home.directory);
    const [share, work] = [join(home.directory, "share"), join(home.directory, "work")];
    mkdirSync(work);
    const scripts = join(share, "strata-aliases/bin");
    const env = {
      ...home.environment,
      XDG_DATA_HOME: share,
      PATH: `${home.directory}:${scripts}:${home.environment["PATH"] ?? ""}`,
    };
    const script = join(import.meta.dir, "multipass-script.sh");
    const child = Bun.spawn(["sh", script], { env, cwd: work, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    const ran = await resultOf(child, 5 * guestMs);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(readdirSync(scripts)).toEqual([]);
  },
  5 * guestMs,
);

function standInForJq(folder: string): void {
  const text = `#!/bin/sh\nexec '${process.execPath}' '${join(import.meta.dir, "jq.ts")}' "$@"\n`;
  writeFileSync(join(folder, "jq"), text, { mode: 0o755 });
}
