/** network, networks, and what launch and set say of them: the real program against a stand-in for the daemon. */
import { afterEach, expect, test } from "bun:test";
import { addresses, interfaces, lab, leases, networks } from "../render/samples-network.ts";
import { cli, startStandIn, type StandIn } from "./stand-in.ts";

let standIn: StandIn | undefined;
afterEach(() => {
  standIn?.stop();
  standIn = undefined;
});

const accepted = () => ({ note: "is so already" });
const daemon: Parameters<typeof startStandIn>[0] = {
  "network.list": () => ({ networks }),
  "network.show": () => ({ network: lab, addresses }),
  "network.leases": () => leases,
  "network.create": accepted,
  "network.delete": accepted,
  "network.detach": accepted,
  "network.attach": accepted,
  "host.interfaces": () => ({ interfaces }),
  "settings.list": () => [{ key: "networks.bridged", value: "eth0", default: "", about: "" }],
  "settings.set": accepted,
  "instance.launch": accepted,
};
async function run(...words: string[]) {
  standIn = startStandIn(daemon);
  const ran = await cli(standIn, ...words);
  const calls = standIn.calls.map(({ name, input }) => ({ name, input }));
  return { ...ran, calls, last: calls.at(-1) };
}

test.each([
  ["network", "network.list", {}],
  ["network show lab", "network.show", { name: "lab" }],
  ["network show", "network.show", { name: "default" }],
  ["network show lab --at 7", "network.show", { name: "lab", at: { operation: 7 } }],
  ["network leases 10.79.0.20", "network.leases", { address: "10.79.0.20" }],
  ["network create lab", "network.create", { name: "lab", kind: "isolated" }],
  [
    "network create dmz --nat --subnet 10.90.0.0/24",
    "network.create",
    { name: "dmz", kind: "nat", subnet: "10.90.0.0/24" },
  ],
  ["network delete lab", "network.delete", { name: "lab" }],
  ["network detach web --reason odd", "network.detach", { instance: "web", reason: "odd" }],
  ["network attach web", "network.attach", { instance: "web" }],
  ["networks", "host.interfaces", {}],
  ["launch --network lab --ip 10.79.0.20", "instance.launch", { networks: [{ name: "lab" }], address: "10.79.0.20" }],
  ["launch --network br0 --allow-net None", "instance.launch", { networks: [{ name: "br0" }], allowNet: "none" }],
  ["launch --bridged --yes", "instance.launch", { networks: [{ name: "bridged" }], makesBridges: true }],
  ["set local.web.bridged=true --yes", "settings.set", { key: "local.web.bridged", makesBridges: true }],
])("%s", async (line, call, input) => {
  const { code, stderr, last } = await run(...line.split(" "));
  expect([code, last?.name, stderr]).toEqual([0, call, stderr]);
  expect(last?.input).toMatchObject(input);
});

test.each([
  ["network create", "argument-missing"],
  ["network create Lab!", "network-name-invalid"],
  ["network create x --nat --isolated", "option-unfit"],
  ["network create x --subnet 10.0.0.1/24", "subnet-invalid"],
  ["network detach", "argument-missing"],
  ["network detach web --nat", "option-unfit"],
  ["network detach web --at 2h", "option-unfit"],
  ["network list lab", "argument-unwanted"],
  ["network leases web", "address-invalid"],
  ["launch --network name=eth0,mode=fast", "network-invalid"],
  ["launch --ip 10.0.0", "address-invalid"],
  ["launch --allow-net a,,b", "allow-net-invalid"],
  ["launch --bridged", "confirmation-needed"],
])("%s is refused", async (line, code) => {
  const { stderr, calls, ...ran } = await run(...line.split(" "));
  expect(stderr).toContain(`[${code}]`);
  expect(ran.code).toBe(1);
  expect(calls.some(({ name }) => name === "instance.launch" || name.startsWith("network."))).toBe(
    line === "launch --bridged",
  );
});
