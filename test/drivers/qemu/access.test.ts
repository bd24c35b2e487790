import { describe, expect, test } from "bun:test";
import { confine, machineAccount, openPassage } from "../../../src/drivers/qemu/access.ts";
import { createDisk } from "../../simulation/disk.ts";

const roots = ["/home/data", "/run/s"];

async function closedTree() {
  const files = createDisk().boot();
  for (const path of ["/home/data/layers", "/run/s/m1"]) await files.makeDirectory(path, 0o700);
  const modeOf = async (path: string) => ((await files.stat(path))?.mode ?? 0).toString(8);
  return { files, modeOf };
}

test("machines of a root daemon have an account each, those of a user the user's own", () => {
  expect(machineAccount(0, 7)).toEqual({ uid: 720_007, gid: 720_007 });
  expect(machineAccount(0, 7, 108)).toEqual({ uid: 720_007, gid: 108 });
  expect(machineAccount(1000, 7)).toBeUndefined();
});

describe("a machine reaches its files", () => {
  test("by their paths: our own folders may be passed through, and still not be read", async () => {
    const { files, modeOf } = await closedTree();
    await files.changeMode("/home", 0o755);
    await files.changeMode("/run", 0o755);
    const passage = await openPassage(files, "linux", roots, ["/home/data/layers", "/run/s"]);
    expect(await Promise.all(["/home/data", "/home/data/layers", "/run/s"].map(modeOf))).toEqual(["711", "711", "711"]);
    expect(passage.directories).toEqual([]);
  });

  test("through descriptors where a folder above ours is closed, which stays closed", async () => {
    const { files, modeOf } = await closedTree();
    const passage = await openPassage(files, "linux", roots, ["/home/data/layers"]);
    expect(await modeOf("/home")).toBe("700");
    expect(passage.directories).toEqual(roots);
  });

  test("not at all where there are no descriptors to go through, and the command that helps is named", async () => {
    const { files } = await closedTree();
    const opening = openPassage(files, "darwin", roots, ["/home/data/layers"]);
    await expect(opening).rejects.toMatchObject({
      code: "directory-closed",
      hints: [["next", "sudo chmod o+x /home"], expect.anything()],
    });
  });

  test("every word that begins a path of ours is put in terms of the descriptors, and no other", async () => {
    const { files } = await closedTree();
    const passage = await openPassage(files, "linux", roots, ["/home/data"]);
    const words = [
      "/home/data/q/qemu",
      '{"filename":"/home/data/l,1"}',
      "path=/run/s/m1/qmp,x",
      "/mnt/home/data/x",
      "/home/database/x",
    ];
    const { argv, start } = confine({ uid: 1, gid: 1 }, passage, words, { LIB: "/usr/lib:/home/data/lib" });
    expect(argv).toEqual([
      "/proc/self/fd/3/q/qemu",
      '{"filename":"/proc/self/fd/3/l,1"}',
      "path=/proc/self/fd/4/m1/qmp,x",
      "/mnt/home/data/x",
      "/home/database/x",
    ]);
    expect(start).toEqual({
      env: { LIB: "/usr/lib:/proc/self/fd/3/lib" },
      account: { uid: 1, gid: 1 },
      directories: roots,
    });
    expect(confine(undefined, passage, words, {})).toEqual({ argv: words, start: { env: {} } });
  });
});
