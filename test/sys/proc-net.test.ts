/** Who has a port: the kernel's tables, and real sockets of this process. */
import { expect, test } from "bun:test";
import { createServer } from "node:net";
import type { HostPort } from "../../src/model/forward.ts";
import { systemHostPorts } from "../../src/sys/host-ports.ts";
import { findHolder, heldSockets } from "../../src/sys/proc-net.ts";

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 11 1 0 100 0 0 10 0
   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12 1 0 100 0 0 10 0
   2: 0100007F:0051 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 13 1 0 100 0 0 10 0
`;
const table6 = `  sl  local_address                         remote_address                        st
   0: 00000000000000000000000000000000:1F91 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  33 0 21 1
   1: 0000000000000000FFFF00000100007F:1F92 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  33 0 22 1
   2: 00000000000000000000000001000000:1F93 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  33 0 23 1
`;
const at = (host: number, bind = "127.0.0.1", protocol: "tcp" | "udp" = "tcp"): HostPort => ({ protocol, bind, host });
const inodes = (text: string, wanted: HostPort) => heldSockets(text, wanted).map(({ inode }) => inode);

test.each([
  ["a listener at the address", table, at(8080), ["11"]],
  ["one at another address", table, at(8080, "10.0.0.1"), []],
  ["one at an address, where all are wanted", table, at(8080, "0.0.0.0"), ["11"]],
  ["one at every address", table, at(80, "10.0.0.1"), ["12"]],
  ["a connection, which is no listener", table, at(81), []],
  ["any socket of UDP", table, at(81, "127.0.0.1", "udp"), ["13"]],
  ["IPv6 at every address, which takes IPv4 too", table6, at(8081), ["21"]],
  ["IPv4 in a table of IPv6", table6, at(8082), ["22"]],
  ["IPv6 at its own loopback", table6, at(8083), []],
  ["an empty table", "", at(80), []],
] as const)("%s", (_what, text, wanted, found) => expect(inodes(text, wanted)).toEqual([...found]));

test("a real port is free, taken by this process, and free again; an address of others is not here", async () => {
  const port = at(await systemHostPorts.free({ protocol: "tcp", bind: "127.0.0.1" }));
  expect(await systemHostPorts.probe(port)).toBe("free");
  const server = createServer().listen(port.host, port.bind);
  await new Promise((resolve) => server.once("listening", resolve));
  for (const bind of [port.bind, "0.0.0.0"]) expect(await systemHostPorts.probe({ ...port, bind })).toBe("taken");
  expect(findHolder(port)).toMatchObject({ program: { pid: process.pid } });
  await new Promise((resolve) => server.close(resolve));
  expect([await systemHostPorts.probe(port), findHolder(port)]).toEqual(["free", undefined]);
  expect(await systemHostPorts.probe(at(9, "192.0.2.1"))).toBe("not-here");
  const udp = at(await systemHostPorts.free({ protocol: "udp", bind: "127.0.0.1" }), "127.0.0.1", "udp");
  expect(await systemHostPorts.probe(udp)).toBe("free");
});
