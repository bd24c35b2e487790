/** mount and umount: what is said to a request that makes no sense, and what is sent for one that does. */
import { expect, test } from "bun:test";
import type { MultipassContext } from "../../../src/commands/multipass/context.ts";
import { placeOf, targetIn } from "../../../src/commands/multipass/mounts.ts";
import { duplicatesIn } from "../../../src/model/mount-words.ts";
import { UserError } from "../../../src/errors.ts";
import { ended, instance, table } from "./harness.ts";

const statuses: Readonly<Record<string, ReturnType<MultipassContext["folderStatus"]>>> = {
  "/src": "folder",
  "/file": "no-folder",
  "/closed": "unreadable",
};
const setting = (value: string) => [{ key: "mounts.enabled", value, default: "on", about: "" }];
const mounted = (target: string) => ({
  source: "/src",
  target,
  type: "classic" as const,
  readOnly: false,
  uids: [],
  gids: [],
  owner: { uid: 1, gid: 1 },
  state: "active" as const,
});
const [mounts, umounts] = [ended("mount"), ended("umount")];
const api = {
  "instance.list": () => [
    instance("web"),
    instance("full", { mounts: [mounted("/home/ubuntu/src"), mounted("/srv")] }),
    instance("old", { state: "Deleted", power: "off" }),
  ],
  "settings.list": () => [],
  "instance.mount": mounts.accepted,
  "instance.unmount": umounts.accepted,
  "operation.follow": mounts.follow,
};
const busy = {
  ...api,
  "instance.unmount": () => {
    throw new UserError("mount-busy", "/srv is in use");
  },
};
const here = { api, more: { folderStatus: (path: string) => statuses[path] ?? "missing" } };
const disabled =
  "mount failed: Mounts are disabled on this installation of Multipass.\n\nSee https://multipass.run/docs/set-command#local.privileged-mounts for information\non how to enable them.\n";

table([
  { line: "mount", situation: "no word", code: 1, stderr: "Not enough arguments given\n" },
  { line: "mount /src", situation: "no target", code: 1, stderr: "Not enough arguments given\n" },
  { line: "mount /nix web", situation: "no source", ...here, code: 1, stderr: 'Source path "/nix" does not exist\n' },
  {
    line: "mount /file web",
    situation: "a file",
    ...here,
    code: 1,
    stderr: 'Source path "/file" is not a directory\n',
  },
  {
    line: "mount /closed web",
    situation: "closed",
    ...here,
    code: 1,
    stderr: 'Source path "/closed" is not readable\n',
  },
  { line: "mount -u 1 /src web", situation: "no map", ...here, code: 1, stderr: "Invalid UID map given: 1\n" },
  { line: "mount -u a:b /src web", situation: "no numbers", ...here, code: 1, stderr: "Invalid UID map given: a:b\n" },
  {
    line: "mount -g 1:-1 /src web",
    situation: "less than none",
    ...here,
    code: 1,
    stderr: "Invalid GID map given: 1:-1\n",
  },
  {
    line: "mount --uid-map 4294967296:1 /src web",
    situation: "a number too large",
    ...here,
    code: 1,
    stderr: "4294967296 is an invalid id\n",
  },
  {
    line: "mount -t nfs /src web",
    situation: "no such type",
    ...here,
    code: 1,
    stderr: "error: Bad mount type 'nfs' specified, please use 'classic' or 'native'\n",
  },
  {
    line: "mount -t nfs -u 1 /nix web",
    situation: "all at once: the source comes first",
    ...here,
    code: 1,
    stderr: 'Source path "/nix" does not exist\n',
  },
  {
    line: "mount -u 1 -t nfs /src web",
    situation: "maps before the type",
    ...here,
    code: 1,
    stderr: /^Invalid UID map/,
  },
  {
    line: "mount /src nix",
    situation: "missing",
    ...here,
    code: 2,
    stderr: "mount failed: The following errors occurred:\ninstance 'nix' does not exist\n",
  },
  {
    line: "mount /src old",
    situation: "in the trash",
    ...here,
    code: 2,
    stderr: "mount failed: The following errors occurred:\ninstance 'old' does not exist\n",
  },
  ...["/", "//", "/dev", "/dev/x", "/proc/1", "/sys/x/y", "/home", "/home/", "/home/ubuntu", "/a/../dev/./x"].map(
    (path) => ({
      line: `mount /src web:${path}`,
      situation: "a target that is refused",
      ...here,
      code: 2,
      stderr: /^mount failed: The following errors occurred:\nunable to mount to "\/[a-z/1]*"\n$/,
    }),
  ),
  {
    line: "mount /src nix web:/dev",
    situation: "two faults",
    ...here,
    code: 2,
    stderr:
      "mount failed: The following errors occurred:\ninstance 'nix' does not exist\nunable to mount to \"/dev\"\n",
  },
  {
    line: "mount -u 1000:1 -u 1000:2 -g 1:1 /src web",
    situation: "an id twice",
    ...here,
    code: 2,
    stderr: "mount failed: Mount cannot apply mapping with duplicate ids:\nuids: 1000: [1000:1, 1000:2]\n",
  },
  {
    line: "mount /src web",
    situation: "a valid one: the daemon knows who asks, and where its user's home is",
    ...here,
    code: 0,
    sends: ["instance.mount", { instance: "web", source: "/src", type: "classic", readOnly: false }],
  },
  {
    line: "mount -t NATIVE -u 1:2 -g 3:4 /src web:/a web:b",
    situation: "a valid one, of which the second place comes last",
    ...here,
    code: 0,
    sends: ["instance.mount", { target: "b", type: "native", uids: [[1, 2]], gids: [[3, 4]] }],
  },
  {
    line: "mount /src full",
    situation: "it is there already",
    ...here,
    code: 2,
    stderr: "mount failed: The following errors occurred:\n\"/home/ubuntu/src\" is already mounted in 'full'\n",
  },
  {
    line: "mount /src nix",
    situation: "disabled comes before what is wrong with it",
    more: here.more,
    api: { ...api, "settings.list": () => setting("off") },
    code: 2,
    stderr: disabled,
  },
  {
    line: "mount /src web",
    situation: "no daemon",
    more: here.more,
    isAlone: true,
    code: 2,
    stderr: "mount failed: cannot connect to the multipass socket\n",
  },
  { line: "umount", situation: "no word", code: 1, stderr: "Not enough arguments given\n" },
  {
    line: "umount nix",
    situation: "missing",
    api,
    code: 2,
    stderr: "umount failed: The following errors occurred:\ninstance 'nix' does not exist\n",
  },
  { line: "umount web", situation: "all of one that has none", api, code: 0 },
  {
    line: "umount full:src",
    situation: "one, by its name in the home",
    api,
    code: 0,
    sends: ["instance.unmount", { instance: "full", target: "/home/ubuntu/src", force: false }],
  },
  {
    line: "umount full",
    situation: "all of them, the last one last",
    api,
    code: 0,
    sends: ["instance.unmount", { instance: "full", target: "/srv", force: false }],
  },
  {
    line: "umount full:/srv",
    situation: "in use",
    api: busy,
    code: 2,
    stderr: "umount failed: /srv is in use\n",
  },
  {
    line: "unmount web:/src",
    situation: "not mounted",
    api,
    code: 2,
    stderr: "umount failed: The following errors occurred:\npath \"/src\" is not mounted in 'web'\n",
  },
  {
    line: "umount web:/src nix",
    situation: "two faults",
    api,
    code: 2,
    stderr:
      "umount failed: The following errors occurred:\npath \"/src\" is not mounted in 'web'\ninstance 'nix' does not exist\n",
  },
]);

test.each([
  ["", "/a/src/", "/home/ubuntu/src"],
  ["x/y", "/src", "/home/ubuntu/x/y"],
  ["/mnt//x/", "/src", "/mnt/x"],
  ["../x", "/src", "/home/x"],
  ["/../..", "/src", "/"],
])("the target %j of %s is %s", (path, source, target) => expect(targetIn(path, source)).toBe(target));

test("colons in a row are one, and the path keeps its own", () => {
  expect(["web", "web:", "web::/a", ":web:/a", "web:/a:b"].map(placeOf)).toEqual([
    { instance: "web", path: "" },
    { instance: "web", path: "" },
    { instance: "web", path: "/a" },
    { instance: "web", path: "/a" },
    { instance: "web", path: "/a:b" },
  ]);
});

test("ids are one to one", () => {
  expect(duplicatesIn([])).toBe("");
  expect(
    duplicatesIn([
      [1, 2],
      [2, 1],
    ]),
  ).toBe("");
  expect(
    duplicatesIn([
      [1, 3],
      [2, 3],
    ]),
  ).toBe("3: [1:3, 2:3]");
});
