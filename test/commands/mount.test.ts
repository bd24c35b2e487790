/** mount, umount and launch --mount: what is looked at here, what is sent, and what is said of the outcome. */
import { afterEach, beforeAll, afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../src/errors.ts";
import type { MountView } from "../../src/model/mount.ts";
import { cli, ended, instance, operation, says, startStandIn } from "./stand-in.ts";
import type { StandIn } from "./stand-in.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "strata-mount-"));
  mkdirSync(join(folder, "a b"));
  writeFileSync(join(folder, "file"), "");
});
afterAll(() => rmSync(folder, { recursive: true }));
let standIn: StandIn | undefined;
afterEach(() => standIn?.stop());

const mount = (target: string, more: Partial<MountView> = {}): MountView => ({
  source: folder,
  target,
  type: "classic",
  readOnly: false,
  uids: [[1000, -1]],
  gids: [[1000, -1]],
  owner: { uid: 1000, gid: 1000 },
  state: "active",
  ...more,
});

function given(mounts: readonly MountView[], kind: "mount" | "umount" | "launch" = "mount", failure?: string) {
  const view = instance("web", { mounts: [...mounts] });
  const answer = () => ({ instance: view, operation: operation(3, kind) });
  const failed = failure === undefined ? {} : { failure: { step: kind, code: failure, reason: "a reason" } };
  return startStandIn({
    "instance.mount": answer,
    "instance.unmount": answer,
    "instance.launch": answer,
    "instance.info": ({ instances: [name] }) => {
      if (name === "web") return [view];
      throw new UserError("instance-not-found", `instance "${name}" does not exist`);
    },
    "operation.follow": () =>
      says(ended(3, kind, { instance: view, ...(failure !== undefined && { result: "failed" }), ...failed })),
  });
}
const sent = (name: string) => standIn?.calls.filter((each) => each.name === name).map(({ input }) => input);

test("a folder is sent as an absolute path, with what the line says of it", async () => {
  standIn = given([mount("/srv/x")]);
  const line = [
    "mount",
    join(folder, ".", "a b"),
    "web:/srv/x",
    "--read-only",
    "--uid-map",
    "1000:0",
    "--gid-map",
    "5:default",
  ];
  const { code, stderr } = await cli(standIn, ...line);
  expect([code, stderr]).toEqual([0, `Mounted: ${join(folder, "a b")} in web:/srv/x   operation 3   1.5 s\n`]);
  expect(sent("instance.mount")).toEqual([
    {
      command: expect.any(String),
      instance: "web",
      source: join(folder, "a b"),
      target: "/srv/x",
      type: "classic",
      readOnly: true,
      uids: [[1000, 0]],
      gids: [[5, -1]],
    },
  ]);
});

test("one that waits for the instance is said to", async () => {
  standIn = given([mount("/home/ubuntu/src", { state: "waiting" })]);
  expect((await cli(standIn, "mount", folder, "web")).stderr).toBe(
    `Mounted: ${folder} in web:/home/ubuntu/src   operation 3   1.5 s   (there when the instance runs)\n`,
  );
  expect(sent("instance.mount")?.[0]).not.toContainAnyKeys(["target", "uids", "gids"]);
});

test.each([
  [["mount", "/nowhere/at/all", "web"], "mount-source-missing", 2],
  [["mount", "FOLDER/file", "web"], "mount-source-missing", 2],
  [["mount", "FOLDER", ":/srv"], "place-invalid", 1],
  [["mount", "FOLDER", "web", "--uid-map", "1000"], "map-invalid", 1],
  [["mount", "FOLDER", "web", "--gid-map", "a:b"], "map-invalid", 1],
  [["mount", "FOLDER", "web", "--uid-map", "4294967296:1"], "map-invalid", 1],
  [["mount", "FOLDER", "web", "--type", "nativ"], "mount-type-invalid", 1],
  [["launch", "tiny", "--mount", "/nowhere/at/all"], "mount-source-missing", 2],
  [["launch", "tiny", "--mount", ":x"], "mount-invalid", 1],
])("%j is refused here, and nothing is sent", async (words, error, exit) => {
  standIn = given([]);
  const { code, stderr } = await cli(standIn, ...words.map((word) => word.replace("FOLDER", folder)));
  expect([code, stderr]).toEqual([exit, expect.stringContaining(`[${error}]`)]);
  expect(standIn.calls).toEqual([]);
});

test("what could not be mounted is told with what would help", async () => {
  standIn = given([], "mount", "mount-unsupported");
  const { code, stderr } = await cli(standIn, "mount", folder, "web");
  expect(code).toBe(2);
  expect(stderr).toContain("a reason [mount-unsupported]");
  expect(stderr).toContain("next          strata exec INSTANCE -- sudo apt-get install sshfs");
});

test("umount takes one, by its name in the home, or all", async () => {
  standIn = given([mount("/home/ubuntu/src"), mount("/srv")], "umount");
  const one = await cli(standIn, "umount", "web:src");
  expect([one.code, one.stderr]).toEqual([0, "Unmounted: web:/home/ubuntu/src   operation 3   1.5 s\n"]);
  const all = await cli(standIn, "umount", "web", "--force");
  expect(all.code).toBe(0);
  const targets = sent("instance.unmount")?.map(({ target, force }) => `${String(target)} ${String(force)}`);
  expect(targets?.toSorted()).toEqual(["/home/ubuntu/src false", "/home/ubuntu/src true", "/srv true"]);
});

test("umount of an instance without mounts has nothing to do", async () => {
  standIn = given([]);
  expect(await cli(standIn, "umount", "web")).toMatchObject({ code: 0, stderr: "Nothing is mounted there.\n" });
  expect((await cli(standIn, "umount", "nix")).code).toBe(2);
});

test("a launch asks for its mounts, and says which of them is not there", async () => {
  const degraded = { at: "2026-11-20T11:00:00.000Z", code: "mount-unsupported", reason: "no sshfs" };
  standIn = given([mount("/srv", { state: "degraded", degraded })], "launch");
  const { code, stderr } = await cli(standIn, "launch", "tiny", "--mount", `${folder}:/srv`, "--mount", folder);
  expect([code, stderr]).toEqual([0, expect.stringContaining("warning     /srv is not mounted: no sshfs")]);
  const asked = { source: folder, type: "classic", readOnly: false };
  expect(sent("instance.launch")?.[0]).toMatchObject({ mounts: [{ ...asked, target: "/srv" }, asked] });
});

test("info shows mounts with their state, for people and for programs", async () => {
  const degraded = { at: "2026-11-20T11:00:00.000Z", code: "mount-source-missing", reason: "the folder is gone" };
  standIn = given([mount("/srv", { state: "degraded", degraded, readOnly: true }), mount("/data")]);
  expect((await cli(standIn, "info", "web")).stdout).toContain(
    `mounts   ${folder} => /srv   classic, read-only, degraded: the folder is gone\n         ${folder} => /data   classic, active\n`,
  );
  const { info } = JSON.parse((await cli(standIn, "info", "web", "--json")).stdout);
  expect(info.web.mounts["/data"]).toEqual({
    source_path: folder,
    uid_mappings: ["1000:default"],
    gid_mappings: ["1000:default"],
    type: "classic",
    read_only: false,
    state: "active",
  });
});
