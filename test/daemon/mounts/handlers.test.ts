/** What a request becomes: whose files are served, where they are seen, and as whose. */
import { expect, test } from "bun:test";
import type { Config } from "../../../src/config.ts";
import type { Caller } from "../../../src/daemon/handlers/context.ts";
import { mountOf } from "../../../src/daemon/handlers/mounts.ts";

const daemonOf = (uid: number) => ({ config: { user: { uid, gid: uid, name: "", home: "" } } as Config });
const caller: Caller = {
  actor: { kind: "user", id: "unix:1000", name: "ann", role: "admin", via: "unix" },
  account: { uid: 1000, gid: 100 },
};
const asked = { source: "/srv/../home/ann/src/", type: "classic", readOnly: false } as const;

test("a root daemon serves as whoever asks, another one as itself", () => {
  expect(mountOf(daemonOf(0), asked, "ubuntu", caller)).toEqual({
    source: "/home/ann/src",
    target: "/home/ubuntu/src",
    type: "classic",
    readOnly: false,
    uids: [[1000, -1]],
    gids: [[100, -1]],
    owner: { uid: 1000, gid: 100 },
  });
  expect(mountOf(daemonOf(7), asked, "ubuntu", caller).owner).toEqual({ uid: 7, gid: 7 });
});

test("a target that is relative lies in the home of the instance's user, and maps of the line come instead of the usual one", () => {
  const at = (target: string, user = "ubuntu") => mountOf(daemonOf(0), { ...asked, target }, user, caller).target;
  expect([at("a/b"), at("../x"), at("/srv//x/"), at("x", "root")]).toEqual([
    "/home/ubuntu/a/b",
    "/home/x",
    "/srv/x",
    "/root/x",
  ]);
  expect(mountOf(daemonOf(0), { ...asked, uids: [] }, "ubuntu", caller)).toMatchObject({ uids: [], gids: [[100, -1]] });
});

test("a source that is relative is left for the rules to refuse", () =>
  expect(mountOf(daemonOf(0), { ...asked, source: "src" }, "ubuntu", caller).source).toBe("src"));
