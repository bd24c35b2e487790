/** What a real guest uses, as people and Prometheus see it. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import type { MetricSample } from "../../src/model/metrics.ts";
import { binary, createHome, guestMs, type Home, until } from "./harness.ts";

let home: Home;
beforeAll(async () => {
  home = createHome();
  await home.ok("launch", "tiny", "--name", "web", "--memory", "256M");
}, guestMs);
afterAll(() => home.close(), 60_000);

/** What a guest gets at least of a host that is shared by ten, and far more than one that rests takes. */
const busyPercent = 15;
const used = async (): Promise<MetricSample> => JSON.parse(await home.ok("top", "--json")).instances[0];

test(
  "top tells processor, memory, disk and network of a guest, and sees it work",
  async () => {
    const idle = await used();
    for (const key of [
      "cpuPercent",
      "memoryUsedBytes",
      "residentBytes",
      "diskReadBytes",
      "netInBytes",
      "netOutBytes",
    ] as const)
      expect([key, idle[key]]).toEqual([key, expect.any(Number)]);
    expect(idle.memoryUsedBytes).toBeGreaterThan(1 << 20);
    expect(idle.memoryUsedBytes).toBeLessThan(256 << 20);
    expect(idle.netInBytes).toBeGreaterThan(0);

    const script = "dd if=/dev/zero of=/var/tmp/x bs=1M count=8 conv=fsync 2>/dev/null; while :; do :; done";
    const work = home.start(["exec", "web", "--", "sh", "-c", script]);
    const isWritten = ({ diskWrittenBytes = 0 }: MetricSample) =>
      diskWrittenBytes - (idle.diskWrittenBytes ?? 0) > 4 << 20;
    const known = async () =>
      `at first ${JSON.stringify(idle)}\nnow ${JSON.stringify(await used())}\nits work ended with ${work.exitCode}`;
    await until("it has written", async () => isWritten(await used()), guestMs / 2, known);
    await until("it computes", async () => ((await used()).cpuPercent ?? 0) > busyPercent, guestMs / 2, known);
    work.kill("SIGKILL");
    await until("it rests", async () => ((await used()).cpuPercent ?? 100) < busyPercent, guestMs / 2, known);
  },
  2 * guestMs,
);

test(
  "top on a terminal is a screen that q leaves",
  async () => {
    const script = [{ expect: "1 running" }, { expect: "web" }, { expect: "\\[H1 running" }, { send: "q" }];
    const words = ["python3", join(import.meta.dir, "terminal.py"), "100", "30", JSON.stringify(script), binary, "top"];
    const child = Bun.spawn(words, { env: home.environment, stdin: "ignore", stdout: "pipe", stderr: "inherit" });
    const shown = await new Response(child.stdout).text();
    expect([shown.includes("(not seen"), await child.exited]).toEqual([false, 0]);
    expect(shown).toContain("\x1b[?1049h");
    expect(shown).toEndWith("\x1b[?25h\x1b[?1049l");
  },
  guestMs,
);

test(
  "metrics has a line for each number, and tells of the launch; of an instance that is off it tells its state",
  async () => {
    const text = await home.ok("metrics");
    const value = (series: string) =>
      Number(
        text
          .split("\n")
          .find((line) => line.startsWith(`${series} `))
          ?.split(" ")
          .at(-1),
      );
    const { id } = JSON.parse(await home.ok("info", "web", "--json")).info.web;
    const web = `{name="web",id="${id}"}`;
    expect(value('strata_instances{power="running",health="ready"}')).toBe(1);
    expect(value('strata_operations_total{verb="launch",outcome="ok"}')).toBe(1);
    expect(value(`strata_guest_memory_bytes${web}`)).toBe(256 << 20);
    for (const name of ["cpu_seconds_total", "memory_used_bytes", "resident_bytes", "network_receive_bytes_total"])
      expect([name, value(`strata_guest_${name}${web}`) > 0]).toEqual([name, true]);
    expect(value("strata_log_position")).toBeGreaterThan(5);
    expect(text).toEndWith("\n");

    await home.ok("stop", "web");
    const off = await home.ok("metrics");
    expect(off).toContain('strata_instances{power="off",health="none"} 1\n');
    expect(off).not.toContain("strata_guest_cpu_seconds_total{");
    expect((await home.run(["top"])).stderr).toBe("No instance runs.\n");
  },
  guestMs,
);
