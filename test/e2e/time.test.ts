/** The time machine on a real guest, through the compiled binary: snapshots while it runs, going back, undo, forks. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createHome, expectTimeOfNow, guestMs, type Home, until } from "./harness.ts";

let home: Home;
beforeAll(async () => {
  home = createHome();
  await home.ok("launch", "tiny", "--name", "web", "--memory", "256M");
}, guestMs);
afterAll(() => home.close(), 60_000);

const infoOf = async (name: string) => JSON.parse(await home.ok("info", name, "--json")).info[name];
const inside = (script: string, name = "web") => home.ok("exec", name, "--", "sh", "-c", script);
const bootId = (name = "web") => inside("cat /proc/sys/kernel/random/boot_id", name);
interface Tree {
  points: { name: string; parent?: string; kept?: object; isHeld: boolean }[];
  now?: string;
}
const treeOf = async (name = "web"): Promise<Tree> =>
  JSON.parse(await home.ok("history", name, "--tree", "--json")).instances[0];

test(
  "a snapshot with memory of a running machine: going back brings files and programs, without a boot; undo goes forward again",
  async () => {
    await inside("echo precious > /root/notes 2>/dev/null || echo precious > $HOME/notes; sync");
    await inside("sleep 9999 >/dev/null 2>&1 & echo $! > /tmp/pid");
    const boot = await bootId();
    const taken = await home.run(["snapshot", "web@good", "--with-memory", "--reason", "before cleaning up"]);
    expect(taken.stderr).toMatch(
      /Snapshot taken: web@good {3}disk \+ memory, .* {3}guest paused \d+ ms {3}operation 2/,
    );

    await inside("rm -f $HOME/notes /root/notes; kill $(cat /tmp/pid); echo later > $HOME/later; sync");
    const wrong = await home.run(["restore", "web@god"]);
    expect(wrong.stderr).toContain("did you mean");
    expect(wrong.stderr).toContain("web@good");

    const restored = await home.run(["restore", "web@good"]);
    expect({ code: restored.code, talk: restored.stderr }).toMatchObject({ code: 0 });
    expect(restored.stderr).toMatch(/Restored: web@good {3}running on, no reboot/);
    expect(restored.stderr).toContain("web@branch1: the state until now");
    expect(await inside("cat $HOME/notes")).toBe("precious\n");
    expect(await inside("kill -0 $(cat /tmp/pid) && echo alive")).toBe("alive\n");
    expect(await inside("ls $HOME/later 2>/dev/null; true")).toBe("");
    expect(await bootId()).toBe(boot);
    await expectTimeOfNow(() => inside("date -u +%s"));

    expect((await home.run(["undo"])).stderr).toContain("[confirmation-needed]");
    const undone = await home.run(["undo", "--yes"]);
    expect({ code: undone.code, talk: undone.stderr }).toMatchObject({ code: 0 });
    expect(undone.stderr).toContain("web goes back to web@branch1, with its memory");
    expect(await inside("cat $HOME/later")).toBe("later\n");
    expect(await inside("ls $HOME/notes 2>/dev/null; true")).toBe("");
    expect(await bootId()).toBe(boot);
    await home.ok("redo", "--yes");
    expect(await inside("cat $HOME/notes")).toBe("precious\n");

    const tree = await treeOf();
    expect(tree.points.map(({ name, parent }) => [name, parent])).toEqual([
      ["good", undefined],
      ["branch1", "good"],
      ["branch2", "good"],
      ["branch3", "branch1"],
    ]);
    expect(tree.now).toBe("branch2");
  },
  guestMs,
);

test(
  "a snapshot of the disk alone boots when it is gone back to, and says what is not in it",
  async () => {
    const boot = await bootId();
    const taken = await home.run(["snapshot", "web", "--comment", "disk alone"]);
    expect(taken.stderr).toContain("Snapshot taken: web@snapshot2");
    expect(taken.stderr).toContain("programs not saved (add --with-memory)");
    await inside("echo changed > $HOME/notes; sync");
    const restored = await home.run(["restore", "web.snapshot2", "--discard"]);
    expect({ code: restored.code, talk: restored.stderr }).toMatchObject({ code: 0 });
    expect(restored.stderr).toContain("booted");
    expect(restored.stderr).not.toContain("kept");
    expect(await bootId()).not.toBe(boot);
    expect(await inside("cat $HOME/notes")).toBe("precious\n");
    expect((await home.run(["undo", "--yes"])).stderr).toContain("[not-undoable]");
  },
  guestMs,
);

test(
  "try keeps what works and takes back what fails, with every program running on",
  async () => {
    await inside("sleep 8888 >/dev/null 2>&1 & echo $! > /tmp/pid");
    const boot = await bootId();
    expect((await home.run(["try", "web", "--", "sh", "-c", "echo kept > $HOME/kept"])).code).toBe(0);
    const failed = await home.run(["try", "web", "--", "sh", "-c", "rm $HOME/kept; exit 7"]);
    expect({ code: failed.code, talk: failed.stderr }).toMatchObject({ code: 7 });
    expect(failed.stderr).toContain("went back to before, programs kept running");
    expect(await inside("cat $HOME/kept")).toBe("kept\n");
    expect(await inside("kill -0 $(cat /tmp/pid) && echo alive")).toBe("alive\n");
    expect(await bootId()).toBe(boot);
  },
  guestMs,
);

test(
  "a held point stays, a deleted one takes no other with it",
  async () => {
    await home.ok("hold", "web@good");
    const refused = await home.run(["delete", "web@good"]);
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain("[point-held]");
    await home.ok("release", "web@good");
    await home.ok("delete", "web@good");
    const before = (await treeOf()).points.map(({ name }) => name);
    expect(before).not.toContain("good");
    // Its layer is still below what others stand on.
    await home.ok("restore", "web@branch1");
    expect(await inside("cat $HOME/later")).toBe("later\n");
  },
  guestMs,
);

test(
  "files of a point are listed, fetched and compared without a machine",
  async () => {
    await inside("echo before > $HOME/file; mkdir -p $HOME/dir; echo x > $HOME/dir/a; sync");
    await home.ok("snapshot", "web@then");
    await inside("echo after > $HOME/file; rm -r $HOME/dir; sync");
    await home.ok("snapshot", "web@later");
    const path = (await inside("echo $HOME")).trim();
    expect(await home.ok("transfer", `web@then:${path}/file`, "-")).toBe("before\n");
    expect(await home.ok("transfer", `web@later:${path}/file`, "-")).toBe("after\n");
    expect((await home.ok("transfer", `web@then:${path}`, "--list", "-q")).split("\n")).toContain("dir");
    const archive = `${home.directory}/home.tar`;
    await home.ok("transfer", `web@then:${path}`, archive);
    expect(Bun.spawnSync(["tar", "xOf", archive, "dir/a"]).stdout.toString()).toBe("x\n");
    const changed: { change: string; path: string }[] = JSON.parse(
      await home.ok("diff", "web@then", "web@later", "--files", "--json"),
    ).files;
    expect(
      changed.filter(({ path: each }) => each.startsWith(path)).map(({ change, path: each }) => [change, each]),
    ).toEqual([
      ["removed", `${path}/dir`],
      ["removed", `${path}/dir/a`],
      ["modified", `${path}/file`],
    ]);
    expect((await home.run(["transfer", "web@then:/nope", "-"])).stderr).toContain("[path-not-found]");
  },
  guestMs,
);

test(
  "everything goes back to how it was by one rollback, and forward again by undoing it",
  async () => {
    await inside("echo before > $HOME/file; sync");
    await home.ok("snapshot", "web");
    const rows: { number?: number }[] = JSON.parse(await home.ok("history", "web", "--json")).history;
    const operation = rows.find(({ number }) => number !== undefined)?.number ?? 0;
    await home.ok("set", "images.keep=3d");
    await inside("echo rolled > $HOME/file; sync");
    const rolled = await home.run(["rollback", "--to", String(operation), "--yes"]);
    expect({ code: rolled.code, talk: rolled.stderr }).toMatchObject({ code: 0 });
    expect(await inside("cat $HOME/file")).toBe("before\n");
    expect(await home.ok("get", "images.keep")).toBe("14d\n");
    await home.ok("undo", "--yes");
    expect(await inside("cat $HOME/file")).toBe("rolled\n");
    expect(await home.ok("get", "images.keep")).toBe("3d\n");
  },
  guestMs,
);

test(
  "a daemon killed in the middle of a snapshot and of a restore: the operation is finished or taken back, and nothing of a point is lost",
  async () => {
    const isIdle = async () => JSON.parse(await home.ok("list", "--json")).list[0].operation === undefined;
    await inside("echo marker > $HOME/marker; sync");
    const taking = home.start(["snapshot", "web@cut", "--with-memory"]);
    await until(
      "it is under way",
      async () => (await infoOf("web")).operation !== undefined || (await infoOf("web")).points > 0,
    );
    process.kill(await home.daemonPid(), "SIGKILL");
    await taking.exited;
    await until("nothing is under way", isIdle, 90_000);
    expect(await inside("cat $HOME/marker")).toBe("marker\n");
    const restoring = home.start(["restore", "web@cut"]);
    await until("it is under way, or over already", async () => {
      const [{ operation }] = JSON.parse(await home.ok("list", "--json")).list;
      return operation?.kind === "restore" || restoring.exitCode !== null;
    });
    process.kill(await home.daemonPid(), "SIGKILL");
    await restoring.exited;
    await until("nothing is under way", isIdle, 90_000);
    expect(await inside("cat $HOME/marker")).toBe("marker\n");
  },
  2 * guestMs,
);

test(
  "memory of another QEMU is not loaded: it says so, nothing changes, and the disk alone can be gone back to",
  async () => {
    await inside("echo then > $HOME/build; sync");
    await home.ok("snapshot", "web@built", "--with-memory");
    await inside("echo now > $HOME/build; sync");
    const [boot, tree] = [await bootId(), await treeOf()];
    await home.ok("set", "driver.qemu=system");
    const refused = await home.run(["restore", "web@built"]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("[memory-foreign]");
    expect(refused.stderr).toContain("strata restore web@built --disk-only");
    expect([await bootId(), await treeOf(), await inside("cat $HOME/build")]).toEqual([boot, tree, "now\n"]);
    const restored = await home.run(["restore", "web@built", "--disk-only"]);
    expect({ code: restored.code, talk: restored.stderr }).toMatchObject({ code: 0 });
    expect(await inside("cat $HOME/build")).toBe("then\n");
    expect(await bootId()).not.toBe(boot);
    await home.ok("set", "driver.qemu=carried");
  },
  guestMs,
);

test(
  "a fork is another machine on the same disk; the source does not notice",
  async () => {
    await home.ok("stop", "web");
    const forked = await home.run(["fork", "web", "twin"]);
    expect({ code: forked.code, talk: forked.stderr }).toMatchObject({ code: 0 });
    expect(await infoOf("twin")).toMatchObject({ state: "Stopped" });
    await home.ok("start", "twin");
    expect(await inside("cat $HOME/marker", "twin")).toBe("marker\n");
    expect(await inside("hostname", "twin")).toBe("twin\n");
    await inside("echo twin > $HOME/marker; sync", "twin");
    await home.ok("start", "web");
    expect(await inside("cat $HOME/marker")).toBe("marker\n");
    expect(await inside("cat /etc/machine-id", "twin")).not.toBe(await inside("cat /etc/machine-id"));
    // Without the source, the fork still has all of its disk.
    await home.ok("delete", "--purge", "web");
    await home.ok("restart", "twin");
    expect(await inside("cat $HOME/marker", "twin")).toBe("twin\n");
    await home.ok("delete", "--purge", "twin");
  },
  guestMs,
);
