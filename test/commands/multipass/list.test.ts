/** `multipass list` in its four shapes, to the letter. */
import { instance, table } from "./harness.ts";
import { point, tree } from "./points.ts";

const running = instance("web", {
  ipv4: ["10.77.0.2", "192.168.122.5"],
  image: { name: "lts", title: "Ubuntu 24.04 LTS" },
  stopsAt: "2026-11-20T12:00:00.000Z",
});
const elsewhere = instance("db", {
  state: "Stopped",
  power: "off",
  ipv4: [],
  image: { name: "own", title: "" },
  labels: { zone: "zone2" },
});
const gone = instance("primary", {
  state: "Deleted",
  power: "off",
  ipv4: [],
  image: { name: "12", title: "Debian 12" },
  labels: { zone: "zone2" },
});
const lost = instance("zz", { health: "unreachable", ipv4: ["10.77.0.3"] });
const zones = [{ key: "zones.unavailable", value: "zone2:id-db", default: "", about: "" }];
const api = { "instance.list": () => [elsewhere, gone, running, lost], "settings.list": () => zones };
const none = { "instance.list": () => [] };

table([
  {
    line: "list",
    situation: "every state",
    api,
    code: 0,
    stdout: [
      "Name                    State             IPv4             Image               Zone",
      "primary                 Deleted           --               Debian 12           zone2(n/a)",
      "db                      Unavailable       --               Not Available       zone2(n/a)",
      "web                     Delayed Shutdown  10.77.0.2        Ubuntu 24.04 LTS    zone1",
      "                                          192.168.122.5",
      "zz                      Unknown           --               Tiny Linux          zone1",
      "",
    ].join("\n"),
  },
  {
    line: "ls --no-ipv4",
    situation: "without addresses; a name that is wider than its column",
    api: { "instance.list": () => [instance("a-name-that-is-longer-than-usual")] },
    code: 0,
    stdout: [
      "Name                               State             IPv4             Image               Zone",
      "a-name-that-is-longer-than-usual   Running           --               Tiny Linux          zone1",
      "",
    ].join("\n"),
  },
  {
    line: "list --format json",
    situation: "in the daemon's order",
    api: { ...api, "instance.list": () => [elsewhere, running] },
    code: 0,
    stdout: `{
    "list": [
        {
            "name": "db",
            "state": "Unavailable",
            "ipv4": [
            ],
            "release": "Not Available",
            "zone": {
                "name": "zone2",
                "available": false
            }
        },
        {
            "name": "web",
            "state": "Delayed Shutdown",
            "ipv4": [
                "10.77.0.2",
                "192.168.122.5"
            ],
            "release": "Ubuntu 24.04 LTS",
            "zone": {
                "name": "zone1",
                "available": true
            }
        }
    ]
}
`,
  },
  {
    line: "list --format=csv",
    situation: "quoted addresses",
    api: { ...api, "instance.list": () => [elsewhere, running] },
    code: 0,
    stdout: `Name,State,IPv4,Release,AllIPv4,Zone,Zone available
db,Unavailable,,Not Available,"",zone2,false
web,Delayed Shutdown,10.77.0.2,Ubuntu 24.04 LTS,"10.77.0.2,192.168.122.5",zone1,true
`,
  },
  {
    line: "list --format yaml",
    situation: "what is empty on a line of its own",
    api: { ...api, "instance.list": () => [elsewhere, running] },
    code: 0,
    stdout: `db:
  - state: Unavailable
    zone:
      name: zone2
      available: false
    ipv4:
      []
    release: Not Available
web:
  - state: Delayed Shutdown
    zone:
      name: zone1
      available: true
    ipv4:
      - 10.77.0.2
      - 192.168.122.5
    release: Ubuntu 24.04 LTS
`,
  },
  { line: "list", situation: "none", api: none, code: 0, stdout: "No instances found.\n" },
  { line: "list --format json", situation: "none", api: none, code: 0, stdout: '{\n    "list": [\n    ]\n}\n' },
  {
    line: "list --format csv",
    situation: "none",
    api: none,
    code: 0,
    stdout: "Name,State,IPv4,Release,AllIPv4,Zone,Zone available\n",
  },
  { line: "list --format yaml", situation: "none", api: none, code: 0, stdout: "\n" },
  { line: "list --format xml", situation: "no such shape", code: 1, stderr: "Invalid format type given.\n" },
  { line: "list web", situation: "a word", code: 1, stderr: "This command takes no arguments\n" },
  {
    line: "list --snapshots --no-ipv4",
    situation: "both",
    code: 1,
    stderr: "IP addresses are not applicable in conjunction with listing snapshots\n",
  },
  {
    line: "list",
    situation: "no daemon",
    isAlone: true,
    code: 2,
    stderr: "list failed: cannot connect to the multipass socket\n",
  },
]);

const long = "a comment that is certainly longer than fifty characters are";
const trees = {
  "point.tree": () => [
    tree(
      "web",
      point("snapshot1", { comment: "before, it all" }),
      point("auto1", { kind: "auto", parent: "snapshot1" }),
      point("branch1", { kind: "branch", parent: "auto1" }),
      point("later", { parent: "branch1", comment: "one line\nand another" }),
    ),
    tree("db", point("auto2", { kind: "auto" })),
    tree("app", point("s", { comment: long })),
  ],
};
const empty = { "point.tree": () => [tree("db", point("auto2", { kind: "auto" }))] };

table([
  {
    line: "list --snapshots",
    situation: "those that a person made, each on the nearest one below",
    api: trees,
    code: 0,
    stdout: [
      "Instance   Snapshot    Parent      Comment",
      "app        s           --          a comment that is certainly longer than fifty cha…",
      "web        snapshot1   --          before, it all",
      "web        later       snapshot1   one line…",
      "",
    ].join("\n"),
  },
  {
    line: "list --snapshots --format json",
    situation: "by instance",
    api: trees,
    code: 0,
    stdout: `{
    "errors": [
    ],
    "info": {
        "web": {
            "snapshot1": {
                "parent": "",
                "comment": "before, it all"
            },
            "later": {
                "parent": "snapshot1",
                "comment": "one line\\nand another"
            }
        },
        "app": {
            "s": {
                "parent": "",
                "comment": "${long}"
            }
        }
    }
}
`,
  },
  {
    line: "list --snapshots --format csv",
    situation: "quoted comments",
    api: trees,
    code: 0,
    stdout: `Instance,Snapshot,Parent,Comment
app,s,,"${long}"
web,snapshot1,,"before, it all"
web,later,snapshot1,"one line
and another"
`,
  },
  {
    line: "list --snapshots --format yaml",
    situation: "one-key maps",
    api: trees,
    code: 0,
    stdout: `app:
  - s:
      - parent: ~
        comment: ${long}
web:
  - snapshot1:
      - parent: ~
        comment: before, it all
  - later:
      - parent: snapshot1
        comment: "one line\\nand another"
`,
  },
  { line: "list --snapshots", situation: "none", api: empty, code: 0, stdout: "No snapshots found.\n" },
  { line: "list --snapshots --format yaml", situation: "none", api: empty, code: 0, stdout: "\n" },
  {
    line: "list --snapshots --format json",
    situation: "none",
    api: empty,
    code: 0,
    stdout: '{\n    "errors": [\n    ],\n    "info": {\n    }\n}\n',
  },
  {
    line: "list --snapshots --format csv",
    situation: "none",
    api: empty,
    code: 0,
    stdout: "Instance,Snapshot,Parent,Comment\n",
  },
]);
