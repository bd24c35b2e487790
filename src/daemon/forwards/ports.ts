/** What stands in the way of a port of the host, as a person is told it. */
import { UserError, exitCodes, type Hint } from "../../errors.ts";
import { formatForward, formatHostPort, type Forward, type HostPort } from "../../model/forward.ts";
import type { ForwardFailure } from "../../model/forward-view.ts";
import type { HostPorts } from "../../sys/host-ports.ts";
import type { PortHolder } from "../../sys/proc-net.ts";

/** Why it cannot be opened now; undefined: it can. Throws what the system says besides. */
export async function whyNot(ports: HostPorts, port: HostPort): Promise<ForwardFailure | undefined> {
  const verdict = await ports.probe(port);
  switch (verdict) {
    case "free":
      return undefined;
    case "taken":
      return {
        code: "port-taken",
        reason: `port ${formatHostPort(port)} is taken by ${holderText(ports.holder(port))}`,
      };
    case "privileged":
      return {
        code: "port-privileged",
        reason: `port ${formatHostPort(port)} is for root: below ${ports.privilegedBelow()} nobody else may open one`,
      };
    case "not-here":
      return { code: "address-not-here", reason: `this host has no address ${port.bind}` };
  }
}

function holderText(holder: PortHolder | undefined): string {
  if (!holder) return "a process that cannot be seen from here";
  const { program, uid } = holder;
  return program ? `${program.name}, pid ${program.pid}` : `a process of the user with the id ${uid}`;
}

/** The refusal of a forward whose port cannot be opened. */
export function refusal({ code, reason }: ForwardFailure, wanted: Forward): UserError {
  return new UserError(code, reason, {
    exit: code === "port-privileged" ? exitCodes.refused : exitCodes.failed,
    hints: hintsFor(code, wanted),
  });
}

/** A port that a user may open, by the habit of adding 8000: 8080 for 80. */
const aboveRoot = 8_000;

function hintsFor(code: string, wanted: Forward): Hint[] {
  if (code === "address-not-here") return [["next", "ip -4 -br address"]];
  if (code === "port-privileged")
    return [
      ["did you mean", formatForward({ ...wanted, host: wanted.host + aboveRoot })],
      ["or", "sudo sysctl net.ipv4.ip_unprivileged_port_start=80"],
    ];
  return [["did you mean", formatForward({ ...wanted, host: 0 })]];
}
