/** Fixed answers about the host and its disk for the rendering tests. */
import type { Check } from "../../src/model/check.ts";
import type { Usage } from "../../src/model/usage.ts";

const mib = 2 ** 20;

export const usage: Usage = {
  directory: "/data",
  bytes: 131 * mib,
  freeBytes: 20 * 2 ** 30,
  totalBytes: 50 * 2 ** 30,
  isPartial: false,
  parts: [
    {
      kind: "images",
      bytes: 22 * mib,
      files: 2,
      items: [
        { name: "tiny", bytes: 12 * mib, virtualBytes: 512 * mib },
        { name: "incoming", bytes: 10 * mib, note: "being received" },
      ],
    },
    {
      kind: "disks",
      bytes: 36 * mib,
      files: 2,
      items: [
        { name: "web\u001b[2J", bytes: 30 * mib, virtualBytes: 5 * 2 ** 30 },
        { name: "old", bytes: 6 * mib, virtualBytes: 5 * 2 ** 30, note: "in the trash" },
      ],
    },
    { kind: "memory", bytes: 0, files: 0, items: [] },
    { kind: "log", bytes: 2 * mib, files: 2, items: [] },
    { kind: "qemu", bytes: 71 * mib, files: 240, items: [] },
  ],
};

export const checks: readonly Check[] = [
  { name: "data", verdict: "ok", found: "/data, mode 0700" },
  {
    name: "accelerator",
    verdict: "warn",
    found: "emulated, about 10x slower: /dev/kvm is there, but user may not open it",
    next: "sudo usermod -aG kvm user, then log in again",
  },
  {
    name: "processes",
    verdict: "fail",
    found: "1 QEMU of this data directory belong to no instance: pid 812",
    next: "kill 812",
  },
];
