/** Forwards of the real QEMU: what its monitor says and is told, and the contract on a machine. */
import { describe, expect, test } from "bun:test";
import { connect, createServer } from "node:net";
import { compareRules, parseRules } from "../../src/drivers/qemu/forwards.ts";
import { systemHostPorts } from "../../src/sys/host-ports.ts";
import { describeForwards } from "./contract-forwards.ts";
import { createQemuBench } from "./qemu-bench.ts";

/** As QEMU 7.2 prints it. */
const usernet = `Hub -1 (net0):
  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ
  TCP[ESTABLISHED]   25       10.77.0.2 43210      192.0.2.1    443     0     0
  TCP[HOST_FORWARD]  13               *  8080      10.77.0.2    80     0     0
  TCP[HOST_FORWARD]  12       127.0.0.1 36063      10.77.0.2    22     0     0
  UDP[HOST_FORWARD]  14       127.0.0.1  5353      10.77.0.2    53     0     0
  UDP[236 sec]       20       10.77.0.2 40000      192.0.2.1    53     0     0
  ICMP[1 sec]        21       10.77.0.2     1      192.0.2.1     -     0     0
`;
const address = "10.77.0.2";
const tcp = (host: number, guest: number, bind = "127.0.0.1") => ({ protocol: "tcp" as const, bind, host, guest });
const rule = (host: number, guest: number) => ({ ...tcp(host, guest), address });

test("forwards are told from connections, and every address is a star", () => {
  expect(parseRules(usernet)).toEqual([
    { ...tcp(8080, 80, "0.0.0.0"), address },
    rule(36_063, 22),
    { ...tcp(5353, 53), protocol: "udp", address },
  ]);
  expect(parseRules("")).toEqual([]);
});

describe("what is to be done", () => {
  test("is to remove what leads elsewhere, also at the same port", () => {
    const { found, extra } = compareRules([rule(1, 80), rule(2, 80)], { address, forwards: [tcp(1, 81), tcp(2, 80)] });
    expect([found, extra]).toEqual([[undefined, rule(2, 80)], [rule(1, 80)]]);
  });
  test("of an address that the guest has no more, too", () => {
    expect(compareRules([rule(1, 80)], { address: "10.77.0.9", forwards: [tcp(1, 80)] }).extra).toHaveLength(1);
  });
  test("a chosen port is kept, and no named one is taken for it", () => {
    const present = [rule(5000, 80), rule(6000, 80)];
    const { found, extra } = compareRules(present, { address, forwards: [tcp(0, 80), tcp(5000, 80)] });
    expect([found, extra]).toEqual([[rule(6000, 80), rule(5000, 80)], []]);
  });
});

describeForwards("qemu", async () => ({
  ...(await createQemuBench()),
  freePort: () => systemHostPorts.free({ protocol: "tcp", bind: "127.0.0.1" }),
  take: (port) =>
    new Promise((resolve, reject) => {
      const server = createServer();
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () =>
        resolve(() => new Promise<void>((closed) => void server.close(() => closed()))),
      );
    }),
  opens: (port) =>
    new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => (socket.destroy(), resolve(true))).once("error", () => resolve(false));
    }),
}));
