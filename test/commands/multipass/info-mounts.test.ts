/** `multipass info` of an instance and a snapshot with mounts, in its four shapes. */
import type { MountView } from "../../../src/model/mount.ts";
import { instance, table } from "./harness.ts";
import { point, tree } from "./points.ts";

const mount = (source: string, target: string, ids: [number, number][]): MountView => ({
  source,
  target,
  type: "classic",
  readOnly: false,
  uids: ids,
  gids: ids,
  owner: { uid: 1000, gid: 1000 },
  state: "active",
});
const mounts = [
  mount("/home/me", "/home/ubuntu/Home", [[1000, -1]]),
  mount("/srv", "/srv/data", [
    [0, 0],
    [1, 2],
  ]),
];
const api = {
  "instance.list": () => [instance("web", { mounts, power: "off", state: "Stopped" })],
  "point.tree": () => [tree("web", point("good", { mounts }))],
};

table([
  {
    line: "info web",
    situation: "each mount with its maps, the user of the instance as default",
    api,
    code: 0,
    stdout:
      /\nMounts: {9}\/home\/me => \/home\/ubuntu\/Home\n {20}UID map: 1000:default\n {20}GID map: 1000:default\n {16}\/srv {5}=> \/srv\/data\n {20}UID map: 0:0, 1:2\n/,
  },
  {
    line: "info web --format json",
    situation: "by target",
    api,
    code: 0,
    stdout:
      /"\/home\/ubuntu\/Home": \{\n {20}"uid_mappings": \[\n {24}"1000:default"\n {20}\],\n {20}"gid_mappings": \[\n {24}"1000:default"\n {20}\],\n {20}"source_path": "\/home\/me"\n/,
  },
  {
    line: "info web --format csv",
    situation: "in one field",
    api,
    code: 0,
    stdout: /,\/home\/me => \/home\/ubuntu\/Home;\/srv => \/srv\/data,/,
  },
  {
    line: "info web --format yaml",
    situation: "by target",
    api,
    code: 0,
    stdout: /mounts:\n +\/home\/ubuntu\/Home:\n +uid_mappings:\n +- "1000:default"\n/,
  },
  {
    line: "info web.good",
    situation: "of a snapshot without the maps",
    api,
    code: 0,
    stdout: /\nMounts: {9}\/home\/me => \/home\/ubuntu\/Home\n {16}\/srv => \/srv\/data\n/,
  },
]);
