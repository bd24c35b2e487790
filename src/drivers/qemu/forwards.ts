/** Ports of the host that lead into a machine on QEMU's user-mode network: changed while it runs, over its human monitor. */
import { UserError } from "../../errors.ts";
import { everywhere, type Forward } from "../../model/forward.ts";
import type { ForwardPlan, Opened } from "../forwards.ts";
import { bootDeadlineMs, connect, isRunning, judge } from "./life.ts";
import type { Life } from "./life.ts";
import type { Qmp } from "./qmp.ts";

/** A rule of slirp's. */
export interface Rule extends Forward {
  /** Of the guest. */
  readonly address: string;
}

/**
 * The forwards in an answer to `info usernet`: columns protocol[state], descriptor, source address and port, destination address
 * and port; every address of the host is `*`. Connections have other states.
 */
export function parseRules(text: string): Rule[] {
  const lines = text.matchAll(/^\s*(TCP|UDP)\[HOST_FORWARD\]\s+\d+\s+(\S+)\s+(\d+)\s+(\S+)\s+(\d+)(?:\s|$)/gm);
  return [...lines].map(([, protocol, bind = "", host, address = "", guest]) => ({
    protocol: protocol === "TCP" ? "tcp" : "udp",
    bind: bind === "*" ? everywhere : bind,
    host: Number(host),
    address,
    guest: Number(guest),
  }));
}

/** What is there of each wanted one, and what is there and not wanted. A port that the driver chose stays what it is. */
export function compareRules(
  present: readonly Rule[],
  { address, forwards }: ForwardPlan,
): { readonly found: readonly (Rule | undefined)[]; readonly extra: readonly Rule[] } {
  const left = new Set(present);
  const take = (isIt: (rule: Rule) => boolean): Rule | undefined => {
    const rule = [...left].find(isIt);
    if (rule) left.delete(rule);
    return rule;
  };
  const leads = (rule: Rule, wanted: Forward) =>
    rule.address === address &&
    rule.protocol === wanted.protocol &&
    rule.bind === wanted.bind &&
    rule.guest === wanted.guest;
  // Ports that are named come first: none of them is taken for a chosen one.
  const named = forwards.map((wanted) =>
    wanted.host === 0 ? undefined : take((rule) => leads(rule, wanted) && rule.host === wanted.host),
  );
  const found = forwards.map((wanted, index) =>
    wanted.host === 0 ? take((rule) => leads(rule, wanted)) : named[index],
  );
  return { found, extra: [...left] };
}

/** Throws `machine-not-running`. */
export async function applyForwards(life: Life, plan: ForwardPlan, signal: AbortSignal): Promise<readonly Opened[]> {
  const seen = await judge(life, signal);
  if (!isRunning(seen)) throw new UserError("machine-not-running", "the machine does not run");
  const qmp = await connect(life, seen.identity, bootDeadlineMs, signal);
  const { host: bind, port } = seen.started.ssh;
  const isSsh = (rule: Rule) => rule.protocol === "tcp" && rule.bind === bind && rule.host === port;
  const rules = async () => parseRules(await tell(qmp, "info usernet")).filter((rule) => !isSsh(rule));
  const { found, extra } = compareRules(await rules(), plan);
  for (const rule of extra) await tell(qmp, `hostfwd_remove net0 ${hostPart(rule)}`);
  const said = new Map<number, string>();
  for (const [index, wanted] of plan.forwards.entries())
    if (!found[index]) said.set(index, await tell(qmp, addLine(wanted, plan.address)));
  const now = said.size === 0 ? found : compareRules(await rules(), plan).found;
  return now.map((rule, index) => (rule ? { port: rule.host } : { refused: said.get(index) ?? "it is not there" }));
}

const hostPart = ({ protocol, bind, host }: Forward): string => `${protocol}:${bind}:${host}`;
const addLine = (forward: Forward, address: string): string =>
  `hostfwd_add net0 ${hostPart(forward)}-${address}:${forward.guest}`;

/** What the human monitor prints; nothing where all went well. */
async function tell(qmp: Qmp, line: string): Promise<string> {
  return String(await qmp.execute("human-monitor-command", { "command-line": line })).trim();
}
