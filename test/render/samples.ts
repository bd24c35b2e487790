/** Fixed views for the rendering tests: every state, odd names, hostile text. */
import type {
  DaemonStatus,
  Explanation,
  HistoryRow,
  FoundImages,
  ImageView,
  InstanceView,
  OperationRecord,
} from "../../src/model/view.ts";
import type { Captured } from "../../src/model/captured.ts";
import { localTime } from "../../src/sys/local-time.ts";
import type { Page } from "../../src/render/view.ts";

const now = new Date("2026-11-20T14:10:00.000Z");

export const page: Page = {
  columns: undefined,
  color: false,
  localTime: (time) => localTime(time, now),
  width: (text) => Bun.stringWidth(text),
  age: (time) => now.getTime() - new Date(time).getTime(),
};

const image = { name: "tiny", title: "Tiny Linux", sha256: "0123456789abcdef".repeat(4) };

/** An instance's place where nothing was asked for. */
export const onDefault: InstanceView["network"] = {
  name: "default",
  attachment: "user",
  address: "10.77.0.2",
  mac: "52:54:00:00:00:01",
  isStatic: false,
  allowNet: "all",
  interfaces: [],
  isDetached: false,
};

export const web: InstanceView = {
  id: "019a0000-0000-7000-8000-000000000001",
  name: "web",
  state: "Running",
  power: "running",
  health: "ready",
  ipv4: ["10.0.2.15", "10.77.0.2"],
  network: onDefault,
  image,
  specs: { cpus: 2, memory: 512 * 2 ** 20, disk: 5 * 2 ** 30 },
  user: "ubuntu",
  createdAt: "2026-11-20T14:04:10.000Z",
  startedAt: "2026-11-20T14:05:29.000Z",
  points: 3,
  accelerator: "tcg",
  machine: "pc-q35-7.2",
  ssh: { host: "127.0.0.1", port: 40022 },
};

export const instances: InstanceView[] = [
  web,
  {
    ...web,
    id: "019a0000-0000-7000-8000-000000000002",
    name: "database-of-the-accounting-department",
    state: "Starting",
    power: "starting",
    health: "booting",
    ipv4: [],
    points: 0,
    labels: { use: "demo" },
    endsAt: "2026-11-20T16:00:00.000Z",
    operation: { id: "op-9", number: 9, kind: "start", step: "reachable", requestedAt: "2026-11-20T14:09:00.000Z" },
  },
  {
    ...web,
    id: "019a0000-0000-7000-8000-000000000003",
    name: "old",
    state: "Deleted",
    power: "off",
    health: "none",
    ipv4: [],
    image: { ...image, title: 'evil\u001b]0;title\u0007 "quoted", \u009bx \u202e' },
    labels: { tier: "a", use: "de\u001bmo" },
    ephemeral: true,
    deletedAt: "2026-11-19T08:00:00.000Z",
    expiresAt: "2026-11-26T08:00:00.000Z",
    stoppedAt: "2026-11-19T08:00:00.000Z",
    stopCause: "user",
    lastFailure: {
      step: "boot",
      code: "qemu-died",
      reason: "QEMU ended with code 1",
      operation: 5,
      at: "2026-11-18T07:00:00.000Z",
    },
  },
];

export const history: HistoryRow[] = [
  {
    number: 3,
    operation: "op-3",
    time: "2026-11-20T14:09:12.000Z",
    who: "user",
    what: "stop web",
    instance: "web",
    type: "stop",
    result: "ok",
    durationMs: 600,
    position: 12,
  },
  {
    time: "2026-11-20T14:08:31.000Z",
    who: "user",
    what: "exec x2",
    instance: "web",
    type: "session",
    result: "127",
    position: 10,
  },
  {
    number: 2,
    operation: "op-2",
    time: "2026-11-19T14:07:55.000Z",
    who: "user",
    what: "start web",
    instance: "web",
    type: "start",
    result: "failed",
    durationMs: 16,
    point: "good",
    reason: "before\ncleaning up",
    position: 7,
  },
  {
    number: 1,
    operation: "op-1",
    time: "2025-11-20T14:04:10.000Z",
    who: "user",
    what: "launch web",
    instance: "web",
    type: "launch",
    result: "ok",
    durationMs: 79_000,
    position: 3,
  },
];

export const record: OperationRecord = {
  number: 2,
  id: "op-2",
  kind: "start",
  instance: { id: web.id, name: "web" },
  requestedAt: "2026-11-20T14:07:55.000Z",
  endedAt: "2026-11-20T14:07:56.000Z",
  durationMs: 1000,
  who: "user",
  by: { kind: "user", id: "unix:1000", tty: "pts/3", program: "/usr/local/bin/strata" },
  reason: "before cleaning up",
  result: "failed",
  failure: { step: "boot", code: "qemu-died", reason: "QEMU ended with code 1" },
  request: { instance: "web" },
  changes: [
    { key: "cpus", before: 1, after: 2 },
    { key: "memory", before: null, after: 2 ** 30 },
  ],
  artefacts: [{ what: "layer", name: "l-1.qcow2", bytes: 196_608 }],
  events: [
    {
      position: 7,
      time: "2026-11-20T14:07:55.000Z",
      type: "instance.start-requested",
      version: 1,
      stream: "instance/1",
      data: { number: 2 },
    },
    {
      position: 8,
      time: "2026-11-20T14:07:56.000Z",
      type: "instance.start-failed",
      version: 1,
      stream: "instance/1",
      data: { step: "boot" },
    },
  ],
};

export const explanation: Explanation = {
  instance: { ...web, state: "Crashed", power: "crashed", health: "none" },
  summary: "crashed 3 min ago: the guest's kernel panicked",
  facts: [
    { label: "cause", text: "panic, at 2026-11-20T14:07:00.000Z" },
    { label: "console", text: "the last line was: Kernel panic - not syncing" },
  ],
  next: "strata start web",
};

export const status: DaemonStatus = {
  pid: 812,
  version: "0.1.0",
  protocol: 1,
  directory: "/home/user/.local/share/strata",
  socket: "/run/user/1000/strata/0123456789/api.sock",
  startedAt: "2026-11-20T14:04:08.000Z",
  user: "user",
  log: { id: "log-1", position: 41, durable: 41, mode: "writable" },
  instances: 3,
  running: 1,
  operations: 0,
  accelerator: { name: "tcg", why: "/dev/kvm may not be opened" },
  memoryBytes: 60 * 2 ** 20,
};

export const images: ImageView[] = [
  {
    ...image,
    bytes: 22_544_384,
    virtualSize: 2 ** 30,
    format: "qcow2",
    addedAt: "2026-11-13T11:00:00.000Z",
    usedAt: "2026-11-20T11:00:00.000Z",
    instances: ["web", "db"],
  },
  {
    name: "24.04",
    title: "Ubuntu 24.04 LTS",
    sha256: "b".repeat(64),
    bytes: 626_917_376,
    virtualSize: 3_758_096_384,
    format: "qcow2",
    addedAt: "2026-11-13T11:00:00.000Z",
    usedAt: "2026-11-13T11:00:00.000Z",
    instances: [],
    source: {
      host: "release",
      version: "20261110",
      url: "https://cloud-images.ubuntu.com/releases/server/releases/noble/release-20261110/ubuntu-24.04-server-cloudimg-amd64.img",
      digest: `sha256:${"b".repeat(64)}`,
    },
  },
];

const fromHost = {
  architecture: "amd64",
  isSupported: true,
  isHere: false,
  url: "https://cloud-images.ubuntu.com/x.img",
};
export const found: FoundImages = {
  offers: [
    {
      ...fromHost,
      host: "release",
      names: ["24.04", "default", "lts", "n", "noble", "ubuntu-24.04"],
      name: "24.04",
      title: "Ubuntu 24.04 LTS",
      release: "24.04",
      codename: "noble",
      version: "20261110",
      bytes: 626_917_376,
      digest: `sha256:${"b".repeat(64)}`,
      signedBy: "D".repeat(40),
      isHere: true,
    },
    {
      ...fromHost,
      host: "daily",
      names: ["27.04", "devel", "quixotic-quokka", "ubuntu-27.04-with-a-very-long-alias-that-does-not-fit"],
      name: "daily:27.04",
      title: "Ubuntu 27.04 (development branch, not for daily use)",
      release: "27.04",
      version: "20261119.1",
      bytes: 700_000_000,
    },
    {
      ...fromHost,
      host: "fedora",
      names: ["fedora", "fedora:43"],
      name: "fedora",
      title: "Fedora 43",
      release: "43",
      version: "1.6",
    },
  ],
  hosts: [
    { name: "release", fetchedAt: "2026-11-20T11:00:00.000Z" },
    { name: "debian", failure: { code: "image-host-unreachable", message: "cloud.debian.org cannot be reached" } },
  ],
};

export const settings = [
  { key: "local.driver", value: "qemu", default: "qemu", about: "what makes instances real" },
  { key: "client.primary-name", value: "web", default: "primary", about: "what shell means without a name" },
];

export const captured: Captured = {
  instance: "web",
  session: "019a0000-0000-7000-8000-0000000000aa",
  code: 143,
  signal: "TERM",
  isTimedOut: false,
  stdout: { bytes: Buffer.from('line\u001b[2J, "quoted"\nnext \u009b\n'), allBytes: 31 },
  stderr: { bytes: Uint8Array.from([0xff, 0xfe]), allBytes: 5_000_000 },
  durationMs: 1234,
};

export const keyHistory: HistoryRow[] = history.slice(2).map((row, index) => ({
  ...row,
  what: index === 0 ? "set memory=2G web" : "launch web",
  type: index === 0 ? "set" : "launch",
  result: "ok",
  change: { key: "memory", before: index === 0 ? 2 ** 30 : null, after: (2 - index) * 2 ** 30 },
}));
