/** Ports of this host: whether one could be opened, which one is free, and who has it. */
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { HostPort } from "../model/forward.ts";
import { errorCode } from "./files.ts";
import { findHolder, type PortHolder } from "./proc-net.ts";

/** `privileged`: we are not root; `not-here`: the host has no such address. */
export type PortVerdict = "free" | "taken" | "privileged" | "not-here";

export interface HostPorts {
  /** Opens it for a moment. Throws what else the system says. */
  probe(port: HostPort): Promise<PortVerdict>;
  /** One that nobody has, at that address. */
  free(port: Omit<HostPort, "host">): Promise<number>;
  /** Undefined: nobody that can be seen. */
  holder(port: HostPort): PortHolder | undefined;
  /** Below this, a port is for root alone. */
  privilegedBelow(): number;
}

const verdicts: Readonly<Record<string, PortVerdict>> = {
  EADDRINUSE: "taken",
  EACCES: "privileged",
  EADDRNOTAVAIL: "not-here",
};
const usualPrivilegedBelow = 1024;

export const systemHostPorts: HostPorts = {
  probe: async (port) => {
    try {
      await open(port);
      return "free";
    } catch (error) {
      const verdict = verdicts[errorCode(error) ?? ""];
      if (verdict === undefined) throw error;
      return verdict;
    }
  },
  free: (port) => open({ ...port, host: 0 }),
  holder: findHolder,
  privilegedBelow: () => {
    try {
      return Number(readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8"));
    } catch {
      return usualPrivilegedBelow;
    }
  },
};

/** Opens the port and closes it again; answers which one it was. */
const open = ({ protocol, bind, host }: HostPort): Promise<number> =>
  protocol === "tcp" ? openTcp(bind, host) : openUdp(bind, host);

function openTcp(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : port));
    });
  });
}

function openUdp(address: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4");
    socket.once("error", (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address, port, exclusive: true }, () => {
      const { port: opened } = socket.address();
      socket.close(() => resolve(opened));
    });
  });
}
