/** `strata top` once and `strata metrics`, against an API that answers from a script; the screen is looked at on a real guest. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { InstanceMetrics } from "../../src/model/metrics.ts";
import { used } from "../render/samples-metrics.ts";
import { cli, type StandIn, startStandIn } from "./stand-in.ts";

const [idle, busy] = used as [InstanceMetrics, InstanceMetrics];
const first = ({ samples: [{ time, cpuSeconds } = { time: "" }], ...each }: InstanceMetrics): InstanceMetrics => ({
  ...each,
  samples: [{ time, cpuSeconds }],
});
let looks: InstanceMetrics[][] = [];
let standIn: StandIn;
beforeAll(() => {
  standIn = startStandIn({
    "metrics.follow": async function* () {
      for (const each of looks) yield { time: "2026-11-20T14:00:00.000Z", instances: each };
      await new Promise(() => {});
    },
    "metrics.text": () => ({ text: "# HELP a b\n" }),
  });
});
afterAll(() => standIn.stop());

test("waits for the look that has rates, and prints the busiest first", async () => {
  looks = [[first(idle), first(busy)], [idle, busy], [first(idle)]];
  const { code, stdout } = await cli(standIn, "top");
  expect([code, stdout.split("\n").map((line) => line.split(" ")[0])]).toEqual([0, ["NAME", "busy", "idle", ""]]);
  const { instances } = JSON.parse((await cli(standIn, "top", "--json", "busy", "idle")).stdout);
  expect(instances).toMatchObject([{ name: "busy", cpuPercent: 187.5 }, { name: "idle" }]);
  expect(standIn.calls.at(-1)?.input).toEqual({ instances: ["busy", "idle"] });
});

test("a machine that tells nothing is not waited for beyond the third look", async () => {
  looks = [1, 2, 3].map(() => [{ ...idle, samples: [] }]);
  expect((await cli(standIn, "top", "-q")).stdout).toBe("idle\n");
});

test("says so where nothing runs", async () => {
  looks = [[]];
  expect(await cli(standIn, "top", "--once")).toMatchObject({ code: 0, stdout: "", stderr: "No instance runs.\n" });
});

test("metrics prints what the daemon answers, as it is", async () => {
  expect(await cli(standIn, "metrics")).toMatchObject({ code: 0, stdout: "# HELP a b\n" });
});
