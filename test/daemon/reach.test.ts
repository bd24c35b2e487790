/** Why a guest is not reached: the stage at which it ends, by what its port and its agent say. */
import { afterEach, expect, test } from "bun:test";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { checkForwards } from "../../src/daemon/doctor/forwards.ts";
import {
  addressesIn,
  checkReach,
  examineReach,
  type ReachFacts,
  type ReachPorts,
  whereItEnds,
} from "../../src/daemon/doctor/reach.ts";
import { systemNetwork } from "../../src/sys/network.ts";
import { type Fact, facts, running, stopped, worldOf } from "../spec.ts";

const web = { name: "web", address: "10.77.0.2" };
const none = { isDetached: false, ssh: "silent" } as const;

test.each<[string, ReachFacts, string, string]>([
  ["detached", { ...none, isDetached: true }, "it is detached", "strata network attach web"],
  ["a machine without its port", { ...none, ssh: "refused" }, "does not take connections", "strata restart web"],
  ["a server that greets", { ...none, ssh: "greets" }, "greets now", "strata wait web"],
  ["no address", { ...none, addresses: [] }, "without its address 10.77.0.2 (it has none)", "strata console web"],
  ["another address", { ...none, addresses: ["10.0.0.9"] }, "(it has 10.0.0.9)", "strata console web"],
  ["no server", { ...none, ssh: "hangs up" }, "no SSH server answers", "strata console web"],
  ["no server, by its agent", { ...none, addresses: ["10.77.0.2"] }, "no SSH server answers", "strata console web"],
  ["nothing at all", none, "nothing in the guest answers", "strata console web"],
])("%s", (_what, given, found, next) => {
  expect(whereItEnds(web, given)).toEqual({ found: expect.stringContaining(found), next });
});

test("addresses are read out of what ip prints", () => {
  const text = "2: eth0    inet 10.77.0.2/16 brd 10.77.255.255 scope global eth0\\\\       valid_lft forever\n";
  expect(addressesIn(text)).toEqual(["10.77.0.2"]);
  expect(addressesIn("")).toEqual([]);
});

const servers: (() => void)[] = [];
afterEach(() => {
  for (const close of servers.splice(0)) close();
});

/** A machine that runs and does not answer, its SSH port served so. */
async function silentWith(serve: ((socket: Socket) => void) | undefined) {
  const server = createServer(serve).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  if (serve) servers.push(() => server.close());
  else await new Promise((resolve) => server.close(resolve));
  const booted = facts.booted();
  const told: Fact = { ...booted, data: { ...booted.data, ssh: { host: "127.0.0.1", port } } };
  return worldOf([...stopped, told]);
}
const ports = (addresses?: string): ReachPorts => ({
  driver: {
    instruct: async () => {
      if (addresses === undefined) throw new Error("no agent");
      return addresses;
    },
  },
  network: systemNetwork,
});

test.each<[string, ((socket: Socket) => void) | undefined, string]>([
  ["greets", (socket) => void socket.write("SSH-2.0-x\r\n"), "greets now"],
  ["hangs up", (socket) => void socket.end(), "no SSH server answers"],
  ["is not there", undefined, "does not take connections"],
])("a port that %s is told from the others", async (_what, serve, found) => {
  const world = await silentWith(serve);
  const state = world.instances.get("i-1") ?? expect.unreachable();
  expect((await examineReach(ports(), state)).found).toContain(found);
});

test("doctor tells of guests that are silent, and of no others", async () => {
  const world = await silentWith((socket) => void socket.end());
  expect(await checkReach(ports("inet 10.77.0.2/16"), world)).toEqual([
    {
      name: "guest",
      verdict: "fail",
      found: "web is not reached: the guest has its address 10.77.0.2, and no SSH server answers in it",
      next: "strata console web",
    },
  ]);
  expect(await checkReach(ports(), worldOf(running))).toEqual([]);
  expect(await checkReach(ports(), worldOf(stopped))).toEqual([]);
});

test("doctor tells of ports that are lost", () => {
  const port = { protocol: "tcp", bind: "127.0.0.1", host: 8080 };
  const added: Fact = {
    type: "instance.forward-added",
    operation: "op-5",
    data: { number: 5, deadline: "", ...port, guest: 80 },
  };
  const failed: Fact = {
    type: "instance.forward-failed",
    data: { ...port, code: "port-taken", reason: "it is taken" },
  };
  expect(checkForwards(worldOf(running))).toEqual([]);
  expect(checkForwards(worldOf([...running, added]))).toMatchObject([{ verdict: "ok", found: "1, all open" }]);
  expect(checkForwards(worldOf([...running, added, failed]))).toEqual([
    { name: "forwards", verdict: "fail", found: "web: it is taken", next: "strata forward list web" },
  ]);
});
