/** A storage of another manager for the tests of import. */
import type { ForeignInstance, ForeignStore } from "../../src/model/foreign.ts";
import type { ImportRow } from "../../src/render/import.ts";

const specs = { cpus: 2, memory: 2 ** 30, disk: 5 * 2 ** 30 };
const madeAt = "2024-05-01T10:00:00.000Z";

export const web: ForeignInstance = {
  name: "web",
  state: "suspended",
  isDeleted: false,
  specs,
  user: "ubuntu",
  from: { manager: "multipass", name: "web", mac: "52:54:00:aa:bb:01", image: "f".repeat(64) },
  title: "Ubuntu 24.04 LTS",
  disk: { path: "/S/vault/instances/web/disk.img", bytes: 1_700_000_000, format: "qcow2" },
  snapshots: [
    { tag: "@s1", name: "first", comment: 'before\u001b[2J "it"', madeAt, specs },
    { tag: "@s2", name: "second", parent: "first", madeAt, specs },
  ],
  head: "second",
  mounts: [{ source: "/home/me/my src", target: "/home/ubuntu/src" }],
  notes: ["it boots as after a power cut"],
};

export const foreignStore: ForeignStore = {
  directory: "/S",
  instances: [
    web,
    {
      ...web,
      name: "old",
      state: "off",
      snapshots: [],
      mounts: [],
      notes: [],
      from: { ...web.from, name: "old", mac: "52:54:00:aa:bb:03" },
    },
  ],
  troubles: [
    {
      name: "db",
      code: "instance-running",
      message: "it is running in Multipass, which writes to its disk",
      hints: [["next", "multipass stop db"]],
    },
  ],
  aliases: {
    "active-context": "default",
    contexts: { default: { la: { instance: "web", command: "ls", "working-directory": "map" } } },
  },
  settings: ["local.bridged-network"],
  faults: [],
};

export const importRows: readonly ImportRow[] = [
  { name: "web", verdict: "import", found: web, mounts: ["strata mount '/home/me/my src' web:/home/ubuntu/src"] },
  { name: "old", verdict: "skip", mounts: [], why: "imported already: old" },
  {
    name: "db",
    verdict: "refuse",
    mounts: [],
    code: "instance-running",
    why: "it is running in Multipass, which writes to its disk",
    next: "multipass stop db",
  },
];
