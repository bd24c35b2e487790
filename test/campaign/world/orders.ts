/** What a client knows of its instances, and so what must be true of them whatever happened to the daemon. */
import type { Input, Output } from "../../../src/api/contract.ts";
import type { ApiClient } from "../../../src/api/client.ts";
import { UserError } from "../../../src/errors.ts";
import type { FakeMachine } from "../../../src/drivers/fake-world.ts";
import type { Power } from "../../../src/model/instance.ts";
import type { InstanceView } from "../../../src/model/view.ts";
import type { Random } from "../../simulation/random.ts";

export type Verb = "launch" | "start" | "stop" | "force" | "suspend" | "restart" | "purge";

/** One command, sent until a daemon has answered it: always with the same id. */
export interface Order {
  readonly verb: Verb;
  readonly name: string;
  readonly command: string;
}

/** What a command is refused with when another one is in its way. */
const documented: ReadonlySet<string> = new Set([
  "operation-pending",
  "instance-not-found",
  "instance-exists",
  "instance-not-running",
  "instance-deleted",
  "instance-suspended",
]);
/** The daemon went away before it answered. */
const unanswered: ReadonlySet<string> = new Set(["connection-broken", "daemon-unreachable"]);

export type Answer = { readonly operation?: string } | { readonly refused: string } | "unanswered";

/** Sends it once. Rejects with an error that no user should ever see. */
export async function send(client: ApiClient, { verb, name, command }: Order): Promise<Answer> {
  try {
    const { operation } = await ask(client, verb, { command, instance: name });
    return operation ? { operation: operation.id } : {};
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (unanswered.has(error.code)) return "unanswered";
    if (documented.has(error.code)) return { refused: error.code };
    throw new Error(`${verb} ${name}: ${error.message} [${error.code}]`, { cause: error });
  }
}

type Accepted = Output<"instance.stop">;

function ask(client: ApiClient, verb: Verb, input: Input<"instance.suspend">): Promise<Accepted> {
  switch (verb) {
    case "launch":
      return client.call("instance.launch", {
        command: input.command,
        name: input.instance,
        image: { name: "tiny" },
        memory: 128 * 2 ** 20,
      });
    case "start":
      return client.call("instance.start", input);
    case "stop":
    case "force":
      return client.call("instance.stop", { ...input, force: verb === "force" });
    case "suspend":
      return client.call("instance.suspend", input);
    case "restart":
      return client.call("instance.restart", { ...input, force: false });
    case "purge":
      return client.call("instance.delete", { ...input, purge: true });
  }
}

const verbs: readonly Verb[] = ["launch", "launch", "start", "start", "stop", "force", "suspend", "restart", "purge"];

/** What an instance is once the last command for it is done; gone after a purge. */
export const powerAfter: Readonly<Record<Verb, Power | undefined>> = {
  launch: "running",
  start: "running",
  restart: "running",
  stop: "off",
  force: "off",
  suspend: "suspended",
  purge: undefined,
};

/** A command of the kind that users send, to one of the names. */
export function anyOrder(random: Random, names: readonly string[]): Order {
  const pick = <Item>(items: readonly Item[]): Item => items[random.below(items.length)] as Item;
  return { verb: pick(verbs), name: pick(names), command: Bun.randomUUIDv7() };
}

/** The power that the daemon should show for a machine; what it shows when an operation is under way is its own affair. */
export function misbelief(view: InstanceView, machine: FakeMachine | undefined): string | undefined {
  if (view.operation) return undefined;
  const power = machine?.power ?? "off";
  const believed = view.power === "crashed" ? "off" : view.power;
  return believed === power ? undefined : `${view.name} is shown as ${view.state}, its machine is ${power}`;
}
