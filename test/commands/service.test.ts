/** What `strata daemon install` tells, with the service itself played: that its group is as good as root, and that a logout ends a user's. */
import { expect, test } from "bun:test";
import { daemon } from "../../src/commands/daemon.ts";
import type { Context, ServiceRole } from "../../src/commands/context.ts";

async function told(action: string, service: Partial<ServiceRole>): Promise<{ lines: string[]; stopped: number }> {
  const lines: string[] = [];
  let stopped = 0;
  const context = {
    say: (line: string) => lines.push(line),
    service: async () => service,
    clock: { monotonicMs: () => 0, sleep: async () => {} },
    daemon: { isAlive: async () => false },
    api: {
      probe: async () => ({ pid: 812 }),
      call: async (name: string) => {
        if (name === "daemon.stop") stopped += 1;
        return name === "daemon.stop" ? { pid: 812 } : { running: 2 };
      },
    },
  } as unknown as Context;
  expect(await daemon.run(context, { words: [action], options: {} })).toBe(0);
  return { lines, stopped };
}

test("root is told what the group means, after the daemon that runs made way", async () => {
  const { lines, stopped } = await told("install", {
    install: async (beforeStart) => {
      await beforeStart();
      return { scope: "system", path: "/etc/systemd/system/strata.service", lingers: true };
    },
  });
  expect(stopped).toBe(1);
  expect(lines).toEqual([
    "Stopped: daemon, pid 812   instances that keep running: 2",
    "Installed: /etc/systemd/system/strata.service, started, and started again with the host",
    "group       strata may use it; its members are as good as root on this host",
    "            next: sudo usermod -aG strata USER, then log in again",
  ]);
});

test("a user is told what a logout would end, and how not", async () => {
  const path = "/home/user/.config/systemd/user/strata.service";
  const install = (lingers: boolean) => async () => ({ scope: "user" as const, path, lingers });
  expect((await told("install", { install: install(false) })).lines.slice(1)).toEqual([
    "logout      the service and its instances end with your last session",
    "            next: loginctl enable-linger",
  ]);
  expect((await told("install", { install: install(true) })).lines).toHaveLength(1);
});

test("an uninstall says what stays", async () => {
  const uninstall = async () => ({ scope: "system" as const, path: "/etc/systemd/system/strata.service" });
  expect((await told("uninstall", { uninstall })).lines).toEqual([
    "Removed: /etc/systemd/system/strata.service   instances and their data stay",
  ]);
});
