/** Names that instances asked for and that are on no list of theirs, from what the gate's dnsmasq says of each question. */
import type { PortPlan, Refusal } from "../network.ts";

/** What it writes at most while nobody reads; a whole number of the shell's blocks of 512 bytes. */
export const logBytesMax = 8 * 2 ** 20;

/** With `log-queries=extra` each line names the question: a number, who asks and from which port. */
const asked = /(\d+ (?:\d+\.){3}\d+)\/\d+ query\[(\w+)\] (\S+) from /;
const refused = /(\d+ (?:\d+\.){3}\d+)\/\d+ config error is REFUSED/;

/** Questions for an address of such a name; whoever asks for both kinds of address means one. */
export function refusedNames(log: string, ports: readonly PortPlan[]): Refusal[] {
  const instances = new Map(ports.map(({ address, instance }) => [address, instance]));
  const names = new Map<string, string>();
  const counts = new Map<string, number>();
  for (const line of log.split("\n")) {
    const [, question, kind, name = ""] = asked.exec(line) ?? [];
    if (question !== undefined && kind === "A") names.set(question, `${question.split(" ")[1]} ${name.toLowerCase()}`);
    const key = names.get(refused.exec(line)?.[1] ?? "");
    if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].flatMap(([key, count]): Refusal[] => {
    const [address = "", destination = ""] = key.split(" ");
    const instance = instances.get(address);
    return instance === undefined ? [] : [{ instance, destination, protocol: "dns", count }];
  });
}
