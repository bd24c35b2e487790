/** `strata info` and what guests say: shown where it comes, and missed by nobody where it does not. */
import { afterAll, expect, test } from "bun:test";
import { UserError } from "../../src/errors.ts";
import type { GuestFacts } from "../../src/model/guest-facts.ts";
import { instances, web } from "../render/samples.ts";
import { startCli, startStandIn, type StandIn } from "./stand-in.ts";

const facts: GuestFacts = {
  load: [0.5, 0.25, 0.1],
  memory: { usedBytes: 120 * 2 ** 20, totalBytes: 480 * 2 ** 20 },
  disk: { usedBytes: 2 ** 30, totalBytes: 5 * 2 ** 30 },
  release: "Ubuntu 24.04.2 LTS",
  ipv4: ["10.77.0.2", "172.17.0.1"],
};
const open: StandIn[] = [];
afterAll(() => open.forEach((each) => each.stop()));

function standIn(answer: () => Promise<{ id: string; name: string; facts?: GuestFacts }[]>): StandIn {
  const daemon = startStandIn({
    "instance.list": () => instances,
    "instance.info": () => [web],
    "instance.facts": answer,
  });
  open.push(daemon);
  return daemon;
}
const info = ({ socket, directory }: StandIn, ...words: string[]) =>
  startCli(["info", ...words], { STRATA_HOST: socket, STRATA_HOME: directory }).result();

test("what a guest says is beside what is known", async () => {
  const daemon = standIn(async () => [{ id: web.id, name: "web", facts }]);
  const { stdout } = await info(daemon, "web");
  expect(stdout).toMatch(/^ipv4 +10\.0\.2\.15, 10\.77\.0\.2, 172\.17\.0\.1$/m);
  expect(stdout).toMatch(
    /^release +Ubuntu 24\.04\.2 LTS\nload +0\.50 0\.25 0\.10\nin use +120M of 480M memory, 1G of 5G disk$/m,
  );
  const { web: record } = JSON.parse((await info(daemon, "web", "--json")).stdout).info;
  expect(record).toMatchObject({
    release: "Ubuntu 24.04.2 LTS",
    load: [0.5, 0.25, 0.1],
    disks: { sda1: { used: String(2 ** 30), total: String(5 * 2 ** 30) } },
    memory: { used: 120 * 2 ** 20, total: 480 * 2 ** 20 },
  });
});

test("those that run and answer are asked, and nobody for names or for what was", async () => {
  const daemon = standIn(async () => []);
  await info(daemon);
  await info(daemon, "-q");
  const ready = instances.filter(({ health }) => health === "ready").map(({ id }) => id);
  expect(daemon.calls.filter(({ name }) => name === "instance.facts").map(({ input }) => input)).toEqual([
    { instances: ready },
  ]);
});

test.each([
  ["a daemon that does not know the question", () => Promise.reject(new UserError("call-unknown", "no such call"))],
  ["a daemon that never answers it", () => new Promise<never>(() => undefined)],
] as const)("%s answers all else", async (_what, answer) => {
  const { code, stdout } = await info(standIn(answer), "web");
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^size +2 cpus/m)]);
  expect(stdout).not.toMatch(/^load/m);
});
