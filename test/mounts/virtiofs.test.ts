import { describe, expect, test } from "bun:test";
import { nativeMaps } from "../../src/mounts/id-maps.ts";
import type { IdPair, ServePlan } from "../../src/mounts/virtiofs.ts";
import { serveCommand } from "../../src/mounts/virtiofs.ts";

const plan: ServePlan = {
  server: { kind: "carried", words: ["ld.so", "--preload", "serve-as.so", "virtiofsd"], env: { LC_ALL: "C" } },
  door: { socket: "/run/strata/1/fs-ab", uid: 720_001 },
  source: "/home/ann/src",
  readOnly: false,
  as: { uid: 1001, gid: 1002, groups: [1002, 27] },
  uids: [[1001, 1000]],
  gids: [[1002, 1000]],
};
const system = { kind: "system", words: ["/usr/libexec/virtiofsd"], env: {} } as const;

describe("the server's command line", () => {
  const table: Record<string, ServePlan> = {
    "the carried one, for an ordinary user": plan,
    "read-only, several ids, for root": {
      ...plan,
      readOnly: true,
      as: { uid: 0, gid: 0, groups: [0] },
      uids: [
        [0, 1000],
        [1001, 1001],
      ],
      gids: [[0, 0]],
    },
    "a path with commas, backslashes, spaces and letters of others": { ...plan, source: "/home/ann/a, b\\c é" },
    "the system's": { ...plan, server: system },
    "the system's, read-only": { ...plan, server: system, readOnly: true },
  };
  for (const [name, each] of Object.entries(table)) test(name, () => expect(serveCommand(each)).toMatchSnapshot());
});

describe("maps of a native mount", () => {
  const login = { uid: 1000, gid: 100 };
  const ann = { uid: 1001, gid: 1002 };
  const root = { uid: 0, gid: 0 };
  const maps =
    (owner: typeof ann, uids: IdPair[], gids: IdPair[] = []) =>
    () =>
      nativeMaps({ uids, gids, owner }, login);

  test("without any, the owner is the login user", () => {
    expect(maps(ann, [])()).toEqual({ uids: [[1001, 1000]], gids: [[1002, 100]] });
  });
  test("-1 is the login user", () => {
    expect(maps(ann, [[1001, -1]], [[1002, -1]])()).toEqual({ uids: [[1001, 1000]], gids: [[1002, 100]] });
  });
  test("an ordinary user's own ids may be any of the guest's", () => {
    expect(maps(ann, [[1001, 0]], [[1002, 33]])()).toEqual({ uids: [[1001, 0]], gids: [[1002, 33]] });
  });
  test("root maps any", () => {
    const uids: IdPair[] = [
      [0, -1],
      [1001, 0],
    ];
    expect(maps(root, uids)().uids).toEqual([
      [0, 1000],
      [1001, 0],
    ]);
  });
  test.each([
    ["another's id of an ordinary user", ann, [[0, 1000]]],
    [
      "one of the host as two",
      root,
      [
        [5, 1],
        [5, 2],
      ],
    ],
    [
      "two of the host as one",
      root,
      [
        [5, 1],
        [6, 1],
      ],
    ],
    [
      "two as one, when one is the login user's by number",
      root,
      [
        [5, 1000],
        [6, -1],
      ],
    ],
  ] as [string, typeof ann, IdPair[]][])("%s is refused, and classic is named", (_, owner, uids) => {
    expect(maps(owner, uids)).toThrow(expect.objectContaining({ code: "mount-unsupported" }));
    expect(maps(owner, uids)).toThrow(/cannot show uid/);
  });
});
