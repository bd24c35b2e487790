/** The inverse of what was done to networks and cables. */
import { UserError } from "../errors.ts";
import type { NetworkKind } from "../model/network.ts";
import type { InstanceState } from "./instance/state.ts";
import { membersOf } from "./network/network.ts";
import type { DoneOperation, Undoing } from "./undo.ts";
import type { World } from "./world.ts";

interface Described {
  readonly name: string;
  readonly kind: NetworkKind;
  readonly subnet: string;
}

/** Throws `undo-conflict`. */
export function undoNetwork({ kind, data, number }: DoneOperation, { networks, instances }: World): Undoing {
  const { name, kind: wanted, subnet } = data as unknown as Described;
  if (kind === "network-delete") {
    if (networks.has(name)) throw conflict(number, `there is a network "${name}" again`, `strata network show ${name}`);
    const inverse = { type: "create-network", name, kind: wanted, subnet } as const;
    return { inverse, lines: [`the network ${name} (${subnet}) is there again`] };
  }
  if (!networks.has(name)) throw conflict(number, `the network "${name}" is gone already`, "strata network list");
  const [member] = membersOf(instances.values(), name);
  if (member) throw conflict(number, `"${member.name}" is in the network "${name}"`, `strata network show ${name}`);
  return { inverse: { type: "delete-network", name }, lines: [`the network ${name} is deleted`] };
}

/** Throws `undo-conflict`. */
export function undoCable({ kind, number }: DoneOperation, { id, name, detached }: InstanceState): Undoing {
  const wasDetached = kind === "detach";
  if ((detached !== undefined) !== wasDetached)
    throw conflict(number, `${name} is ${detached ? "detached" : "attached"} already`, `strata info ${name}`);
  return wasDetached
    ? { inverse: { type: "attach-network", id }, lines: [`${name} is on its network again`] }
    : { inverse: { type: "detach-network", id }, lines: [`${name} is detached from its network again`] };
}

const conflict = (number: number, what: string, next: string) =>
  new UserError("undo-conflict", `operation ${number} cannot be undone: ${what}`, { hints: [["next", next]] });
