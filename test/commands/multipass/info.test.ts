/** `multipass info` in its four shapes, to the letter: instances, snapshots, and both. */
import { instance, table } from "./harness.ts";
import { point, tree } from "./points.ts";

const hash = "1797c5c82016c1e65f4008fcf89deae3a044ef76087a9ec5b907c6d64a3609ac";
const image = { name: "lts", title: "Ubuntu 24.04 LTS", sha256: hash };
const running = instance("web", { ipv4: ["10.77.0.2"], image, specs: { cpus: 4, memory: 2 ** 30, disk: 2 ** 33 } });
const stopped = instance("db", { state: "Stopped", power: "off", health: "none", ipv4: [], image });
const gone = instance("old", {
  state: "Deleted",
  power: "off",
  health: "none",
  ipv4: [],
  image: { name: "own", title: "" },
  labels: { zone: "zone2" },
});
const silent = instance("mute", { health: "unreachable", ipv4: ["10.77.0.9"], image });
const trees = [
  tree(
    "web",
    point("snapshot1", { comment: "before, it all" }),
    point("auto1", { kind: "auto", parent: "snapshot1" }),
    point("s2", { parent: "auto1", madeAt: "2026-11-20T12:00:00.000Z" }),
    point("s3", { parent: "snapshot1", comment: "one line\nand another" }),
  ),
  tree("db"),
  tree("old"),
];
const facts = {
  load: [0.03, 0.1, 0.15] as [number, number, number],
  disk: { usedBytes: 1_932_735_283, totalBytes: 6_764_573_492 },
  memory: { usedBytes: 38_797_312, totalBytes: 1_610_612_736 },
  release: "Ubuntu 24.04.3 LTS",
  ipv4: ["10.77.0.2", "192.168.122.5"],
};
const api = {
  "instance.list": () => [running, stopped, gone],
  "point.tree": () => trees,
  "instance.facts": () => [{ id: "id-web", name: "web", facts }],
  "settings.list": () => [{ key: "zones.unavailable", value: "zone2", default: "", about: "" }],
};
const empty = { ...api, "instance.list": () => [], "point.tree": () => [] };

table([
  {
    line: "info",
    situation: "all, one that runs, one that does not, one in the trash",
    api,
    code: 0,
    stdout: `Name:           db
State:          Stopped
Zone:           zone1
Snapshots:      0
IPv4:           --
Release:        --
Image hash:     1797c5c82016 (Ubuntu 24.04 LTS)
CPU(s):         --
Load:           --
Disk usage:     --
Memory usage:   --
Mounts:         --

Name:           old
State:          Deleted
Zone:           zone2(n/a)
Snapshots:      0
IPv4:           --
Release:        --
Image hash:     Not Available
CPU(s):         --
Load:           --
Disk usage:     --
Memory usage:   --
Mounts:         --

Name:           web
State:          Running
Zone:           zone1
Snapshots:      3
IPv4:           10.77.0.2
                192.168.122.5
Release:        Ubuntu 24.04.3 LTS
Image hash:     1797c5c82016 (Ubuntu 24.04 LTS)
CPU(s):         4
Load:           0.03 0.10 0.15
Disk usage:     1.8GiB out of 6.3GiB
Memory usage:   37.0MiB out of 1.5GiB
Mounts:         --
`,
  },
  {
    line: "info web --format json",
    situation: "running",
    api,
    code: 0,
    stdout: `{
    "errors": [
    ],
    "info": {
        "web": {
            "zone": {
                "name": "zone1",
                "available": true
            },
            "state": "Running",
            "image_hash": "${hash}",
            "image_release": "24.04 LTS",
            "release": "Ubuntu 24.04.3 LTS",
            "cpu_count": "4",
            "snapshot_count": "3",
            "load": [
                0.03,
                0.1,
                0.15
            ],
            "disks": {
                "sda1": {
                    "used": "1932735283",
                    "total": "6764573492"
                }
            },
            "memory": {
                "used": 38797312,
                "total": 1610612736
            },
            "ipv4": [
                "10.77.0.2",
                "192.168.122.5"
            ],
            "mounts": {
            }
        }
    }
}
`,
  },
  {
    line: "info web --no-runtime-information --format json",
    situation: "no guest is asked",
    api: { ...api, "instance.facts": () => Promise.reject(new Error("a guest was asked")) },
    code: 0,
    stdout: `{
    "errors": [
    ],
    "info": {
        "web": {
            "zone": {
                "name": "zone1",
                "available": true
            },
            "state": "Running",
            "image_hash": "${hash}",
            "image_release": "24.04 LTS",
            "release": "",
            "cpu_count": "",
            "snapshot_count": "3",
            "load": [
            ],
            "disks": {
                "sda1": {
                }
            },
            "memory": {
            },
            "ipv4": [
            ],
            "mounts": {
            }
        }
    }
}
`,
  },
  {
    line: "info web db --format yaml",
    situation: "running and stopped",
    api,
    code: 0,
    stdout: `errors:
  - ~
db:
  - state: Stopped
    zone:
      name: zone1
      available: true
    snapshot_count: 0
    image_hash: ${hash}
    image_release: 24.04 LTS
    release: ~
    cpu_count: ~
    disks:
      - sda1:
          used: ~
          total: ~
    memory:
      usage: ~
      total: ~
    ipv4:
      []
    mounts: ~
web:
  - state: Running
    zone:
      name: zone1
      available: true
    snapshot_count: 3
    image_hash: ${hash}
    image_release: 24.04 LTS
    release: Ubuntu 24.04.3 LTS
    cpu_count: 4
    load:
      - 0.03
      - 0.10
      - 0.15
    disks:
      - sda1:
          used: 1932735283
          total: 6764573492
    memory:
      usage: 38797312
      total: 1610612736
    ipv4:
      - 10.77.0.2
      - 192.168.122.5
    mounts: ~
`,
  },
  {
    line: "info --format csv",
    situation: "all",
    api,
    code: 0,
    stdout: `Name,State,Zone,Zone available,Ipv4,Release,Image hash,Image release,Load,Disk usage,Disk total,Memory usage,Memory total,Mounts,AllIPv4,CPU(s),Snapshots
db,Stopped,zone1,true,,,${hash},24.04 LTS,,,,,,,,,0
old,Deleted,zone2,false,,,,,,,,,,,,,0
web,Running,zone1,true,10.77.0.2,Ubuntu 24.04.3 LTS,${hash},24.04 LTS,0.03 0.10 0.15,1932735283,6764573492,38797312,1610612736,,10.77.0.2;192.168.122.5,4,3
`,
  },
  {
    line: "info web",
    situation: "a guest that says nothing in time",
    api: { ...api, "instance.facts": () => [{ id: "id-web", name: "web", failure: { code: "x", message: "y" } }] },
    code: 0,
    stdout: `Name:           web
State:          Running
Zone:           zone1
Snapshots:      3
IPv4:           10.77.0.2
Release:        --
Image hash:     1797c5c82016 (Ubuntu 24.04 LTS)
CPU(s):         4
Load:           --
Disk usage:     --
Memory usage:   --
Mounts:         --
`,
  },
  {
    line: "info mute",
    situation: "a guest that is lost is not asked",
    api: { ...api, "instance.list": () => [silent] },
    code: 0,
    stdout: /^Name: {11}mute\nState: {10}Unknown\n[^]*\nIPv4: {11}--\n[^]*\nCPU\(s\): {9}--\n/,
  },
  {
    line: "info web.snapshot1",
    situation: "a snapshot with others on it",
    api,
    code: 0,
    stdout: `Snapshot:       snapshot1
Instance:       web
CPU(s):         1
Disk space:     5GiB
Memory size:    1GiB
Mounts:         --
Created:        at 2026-11-20T11:00:00.000Z
Parent:         --
Children:       s2
                s3
Comment:        before, it all
`,
  },
  {
    line: "info web.s3 db",
    situation: "a snapshot and an instance",
    api,
    code: 0,
    stdout:
      /^Name: {11}db\n[^]*\n\nSnapshot: {7}s3\n[^]*\nParent: {9}snapshot1\nChildren: {7}--\nComment: {8}one line\n {16}and another\n$/,
  },
  {
    line: "info web.s2 web --format json",
    situation: "an instance and a snapshot of it in one object",
    api,
    code: 0,
    stdout:
      /"mounts": \{\n {12}\},\n {12}"snapshots": \{\n {16}"s2": \{\n {20}"size": "",\n {20}"cpu_count": "1",\n {20}"disk_space": "5GiB",\n {20}"memory_size": "1GiB",\n {20}"mounts": \{\n {20}\},\n {20}"created": "at 2026-11-20T12:00:00.000Z",\n {20}"parent": "snapshot1",\n {20}"children": \[\n {20}\],\n {20}"comment": ""\n {16}\}\n {12}\}\n {8}\}\n {4}\}\n\}\n$/,
  },
  {
    line: "info web --snapshots --format yaml",
    situation: "the snapshots of an instance, without it",
    api: { ...api, "point.tree": () => [tree("web", point("snapshot1"), point("s2", { parent: "snapshot1" }))] },
    code: 0,
    stdout: `errors:
  - ~
web:
  - snapshots:
      - snapshot1:
          size: ~
          cpu_count: 1
          disk_space: 5GiB
          memory_size: 1GiB
          mounts: ~
          created: "at 2026-11-20T11:00:00.000Z"
          parent: ~
          children:
            - s2
          comment: ~
      - s2:
          size: ~
          cpu_count: 1
          disk_space: 5GiB
          memory_size: 1GiB
          mounts: ~
          created: "at 2026-11-20T11:00:00.000Z"
          parent: snapshot1
          children:
            []
          comment: ~
`,
  },
  {
    line: "info --snapshots --format csv",
    situation: "all snapshots",
    api,
    code: 0,
    stdout: `Snapshot,Instance,CPU(s),Disk space,Memory size,Mounts,Created,Parent,Children,Comment
snapshot1,web,1,5GiB,1GiB,,at 2026-11-20T11:00:00.000Z,,s2;s3,"before, it all"
s2,web,1,5GiB,1GiB,,at 2026-11-20T12:00:00.000Z,snapshot1,,""
s3,web,1,5GiB,1GiB,,at 2026-11-20T11:00:00.000Z,snapshot1,,"one line
and another"
`,
  },
  {
    line: "info db web.s2 --format csv",
    situation: "both",
    code: 1,
    stderr: "Mixed snapshot and instance arguments are not supported with CSV format\n",
  },
  {
    line: "info nix",
    situation: "missing",
    api,
    code: 2,
    stderr: 'info failed: The following errors occurred:\ninstance "nix" does not exist\n',
  },
  {
    line: "info web.auto1 nix",
    situation: "a point that no person made, and a missing instance",
    api,
    code: 2,
    stderr: 'info failed: The following errors occurred:\nNo such snapshot: web.auto1\ninstance "nix" does not exist\n',
  },
  { line: "info", situation: "none", api: empty, code: 0, stdout: "No instances found.\n" },
  { line: "info --snapshots", situation: "none", api: empty, code: 0, stdout: "No snapshots found.\n" },
  { line: "info --format csv", situation: "none", api: empty, code: 0 },
  { line: "info --format yaml", situation: "none", api: empty, code: 0, stdout: "errors:\n  - ~\n" },
  { line: "info --format nix", situation: "no such shape", code: 1, stderr: "Invalid format type given.\n" },
]);
