/** The way of every changing call: once per command id, decided and recorded, answered with its operation. */
import type { Accepted } from "../../api/contract.ts";
import type { Command } from "../../events/decide.ts";
import type { Recorded } from "../../events/envelope.ts";
import { opens } from "../../events/projections/endings.ts";
import { viewInstance } from "../../events/projections/instances.ts";
import { viewOperation } from "../../events/projections/operation.ts";
import type { RememberedCommand, World } from "../../events/world.ts";
import type { OperationBrief } from "../../model/view.ts";
import { untilFree } from "../until-free.ts";
import type { Caller, Daemon } from "./context.ts";

export interface Change {
  readonly command: string;
  readonly reason?: string | undefined;
}

/** Runs the command that `build` makes from the world and a new operation id. A repeat of the id is answered with what the first one did. */
export async function change(
  daemon: Daemon,
  caller: Caller,
  input: Change,
  build: (world: World, operation: string) => Command,
  note: string,
): Promise<Accepted> {
  const { dispatcher, ids, reactor } = daemon;
  const seen = dispatcher.remembered(input.command);
  if (seen) return answerAgain(daemon, seen);
  const operation = ids.next();
  let command = build(dispatcher.world(), operation);
  const free = "id" in command ? untilFree(daemon, command.id) : undefined;
  if (free) {
    await free;
    // It may have been sent again meanwhile.
    const meanwhile = dispatcher.remembered(input.command);
    if (meanwhile) return answerAgain(daemon, meanwhile);
    command = build(dispatcher.world(), operation);
  }
  const asked = {
    by: caller.actor,
    command: input.command,
    operation,
    ...(input.reason === undefined ? {} : { reason: input.reason }),
  };
  const records = await dispatcher.dispatch(command, asked);
  reactor.react();
  const stream = "id" in command ? `instance/${command.id}` : "";
  const brief = records.map(briefOf).find(Boolean);
  return { ...(brief ? { operation: brief } : { note }), ...instanceOf(daemon, stream) };
}

function briefOf(record: Recorded): OperationBrief | undefined {
  const kind = opens(record);
  if (!kind) return undefined;
  return { id: record.operation ?? "", number: Number(record.data["number"]), kind, requestedAt: record.time };
}

/** The answer to a command that came before with the same id. */
export async function answerAgain(daemon: Daemon, { operation, stream }: RememberedCommand): Promise<Accepted> {
  // The first one may still be on its way to the disk, and may not arrive.
  await daemon.dispatcher.read(() => undefined);
  return { ...(await earlier(daemon, operation)), ...instanceOf(daemon, stream) };
}

async function earlier(daemon: Daemon, operation: string | undefined): Promise<Accepted> {
  if (operation === undefined) return { note: "this command ran before" };
  const records = await recordsOf(daemon, operation);
  const brief = records.map(briefOf).find(Boolean);
  return brief ? { operation: brief } : { note: "this command ran before" };
}

const instanceOf = (daemon: Daemon, stream: string): Pick<Accepted, "instance"> => {
  const state = daemon.dispatcher.world().instances.get(stream.replace("instance/", ""));
  return state ? { instance: viewInstance(state) } : {};
};

/** All events of one operation, oldest first. */
async function recordsOf(daemon: Daemon, operation: string): Promise<Recorded[]> {
  const records: Recorded[] = [];
  for await (const record of daemon.log.read({ operation })) records.push(record);
  return records;
}

/** The operation as `show` and `operation.follow` tell it. */
export async function operationOf(daemon: Daemon, operation: string) {
  const records = await recordsOf(daemon, operation);
  const { instances } = daemon.dispatcher.world();
  return viewOperation(records, (id) => instances.get(id)?.name);
}
