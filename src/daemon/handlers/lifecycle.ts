/** The calls that change an instance: each becomes one command. */
import type { CallHandlers } from "../../api/server.ts";
import { exitCodes, UserError } from "../../errors.ts";
import type { RollbackState } from "../../events/rollback/rollback.ts";
import type { World } from "../../events/world.ts";
import type { CloudInitDigest } from "../../model/cloud-init.ts";
import { defaultSpecs } from "../../model/instance.ts";
import { parseName } from "../../model/name.ts";
import { byTheWay } from "../auto-points.ts";
import { findPoint } from "../find-point.ts";
import { freeMac } from "../free-mac.ts";
import { inventName } from "../made-up-name.ts";
import { launchMs, purgeMs, stopMs, trashMs } from "../periods.ts";
import { bridgeReady } from "../networks/bridge-subnet.ts";
import { readJoining } from "../networks/joining.ts";
import { createRecall } from "../recall.ts";
import { resolveInstance, resolveOperation } from "../resolve.ts";
import { admitBytes, admitLaunch, findSource } from "./admission.ts";
import { forkCommand } from "../point-commands.ts";
import { answerAgain, change } from "./change.ts";
import { keepingCloudInit } from "./cloud-init.ts";
import type { Caller, Daemon } from "./context.ts";
import { mountOf } from "./mounts.ts";

/** More, when the image has to come over a slow line. */
const fetchMs = 7_200_000;
const startMs = 300_000;
/** Memory of some gigabytes onto a slow disk. */
const suspendMs = 300_000;
/** Of a new instance. */
const loginUser = "ubuntu";
/** Tries at a made-up name that nobody holds. */
const triesMax = 50;

type Names =
  | "instance.launch"
  | "instance.abandon"
  | "instance.fork"
  | "instance.start"
  | "instance.stop"
  | "instance.suspend"
  | "instance.restart"
  | "instance.delete"
  | "instance.recover"
  | "instance.purge"
  | "operation.cancel";

export function lifecycleHandlers(daemon: Daemon): Pick<CallHandlers<Caller>, Names> {
  const { clock, ids } = daemon;
  const recall = createRecall();
  const inMs = (ms: number) => new Date(clock.now().getTime() + ms).toISOString();
  const target = (world: World, instance: string, operation: string, ms: number) => ({
    id: resolveInstance(world, instance).id,
    operation,
    deadline: inMs(ms),
  });
  return {
    "instance.launch": async (input, caller) => {
      const specs = { ...defaultSpecs, ...defined({ cpus: input.cpus, memory: input.memory, disk: input.disk }) };
      const seen = daemon.dispatcher.remembered(input.command);
      if (seen) return answerAgain(daemon, seen);
      await admitLaunch(daemon, specs);
      const { joins, mac } = await readJoining(daemon, input);
      await bridgeReady(daemon, joins);
      const what = `launch ${input.name ?? input.image?.name ?? "an image"}`;
      const { image, order, isFetched } = await recall.run(input.command, what, (signal) =>
        findSource(daemon, input, caller, signal),
      );
      const id = ids.next();
      const build = (cloudInit: CloudInitDigest | undefined) => (world: World, operation: string) => {
        if (order) daemon.orders.keep(operation, order);
        return {
          type: "launch" as const,
          id,
          operation,
          deadline: inMs(input.timeoutMs ?? launchMs + (isFetched ? fetchMs : 0)),
          name: input.name === undefined ? madeUpName(world, daemon) : parseName(input.name),
          image,
          specs,
          mac: mac ?? freeMac(world, daemon),
          joins,
          layer: ids.next(),
          user: loginUser,
          ...(input.mounts && { mounts: input.mounts.map((asked) => mountOf(daemon, asked, loginUser, caller)) }),
          ...(cloudInit === undefined ? {} : { cloudInit }),
          ...(input.labels === undefined ? {} : { labels: input.labels }),
          ...(input.lifetimeMs === undefined ? {} : { endsAt: inMs(input.lifetimeMs) }),
          ...(input.ephemeral ? { ephemeral: true } : {}),
        };
      };
      return keepingCloudInit(daemon, id, input.cloudInit, (kept) => change(daemon, caller, input, build(kept), ""));
    },
    "instance.abandon": async ({ command }) => {
      recall.callBack(command);
      return {};
    },
    "instance.fork": async (input, caller) => {
      const seen = daemon.dispatcher.remembered(input.command);
      if (seen) return answerAgain(daemon, seen);
      await admitBytes(daemon, "a fork", 0);
      const source = resolveInstance(daemon.dispatcher.world(), input.instance);
      const { point } = await findPoint(daemon.log, source, input.point, clock.now().getTime());
      const build = forkCommand(daemon, input, source, point);
      return change(daemon, caller, input, build, "");
    },
    "instance.start": (input, caller) =>
      change(
        daemon,
        caller,
        input,
        (world, operation) => ({
          type: "start",
          ...target(world, input.instance, operation, input.timeoutMs ?? startMs),
        }),
        "runs already",
      ),
    "instance.stop": async (input, caller) => {
      const keeping = await byTheWay(daemon);
      return change(
        daemon,
        caller,
        input,
        (world, operation) => ({
          type: "stop",
          force: input.force,
          ...keeping(world, input.instance),
          ...target(world, input.instance, operation, stopMs),
        }),
        "is stopped already",
      );
    },
    "instance.suspend": async (input, caller) => {
      const seen = daemon.dispatcher.remembered(input.command);
      if (seen) return answerAgain(daemon, seen);
      const { specs, power } = resolveInstance(daemon.dispatcher.world(), input.instance);
      if (power === "running") await admitBytes(daemon, `the memory of "${input.instance}"`, specs.memory);
      return change(
        daemon,
        caller,
        input,
        (world, operation) => ({ type: "suspend", ...target(world, input.instance, operation, suspendMs) }),
        "is suspended already",
      );
    },
    "instance.restart": async (input, caller) => {
      const keeping = await byTheWay(daemon);
      return change(
        daemon,
        caller,
        input,
        (world, operation) => ({
          type: "restart",
          force: input.force,
          ...keeping(world, input.instance),
          ...target(world, input.instance, operation, stopMs + (input.timeoutMs ?? startMs)),
        }),
        "",
      );
    },
    "instance.delete": async (input, caller) => {
      const keeping = await byTheWay(daemon);
      return change(
        daemon,
        caller,
        input,
        (world, operation) =>
          input.purge
            ? { type: "purge", live: true, ...target(world, input.instance, operation, purgeMs) }
            : {
                type: "delete",
                expires: inMs(trashMs),
                ...keeping(world, input.instance),
                ...target(world, input.instance, operation, stopMs),
              },
        "is deleted already",
      );
    },
    "instance.recover": (input, caller) =>
      change(
        daemon,
        caller,
        input,
        (world, operation) => ({ type: "recover", ...target(world, input.instance, operation, purgeMs) }),
        "is not deleted",
      ),
    "instance.purge": (input, caller) =>
      change(
        daemon,
        caller,
        input,
        (world, operation) => ({ type: "purge", live: false, ...target(world, input.instance, operation, purgeMs) }),
        "",
      ),
    "operation.cancel": (input, caller) => cancel(daemon, caller, input),
  };
}

async function cancel(
  daemon: Daemon,
  caller: Caller,
  input: { command: string; operation: string; reason?: string | undefined },
) {
  const { dispatcher, log, reactor } = daemon;
  const operation = await resolveOperation(log, input.operation);
  const seen = dispatcher.remembered(input.command);
  const earlier = seen && (await answerAgain(daemon, seen)).operation;
  if (earlier) return { operation: earlier };
  const rolling = dispatcher.world().rollbacks.get(operation);
  if (rolling) return cancelRollback(daemon, caller, input, rolling);
  const id = dispatcher.world().pending.get(operation);
  const pending = id === undefined ? undefined : dispatcher.world().instances.get(id)?.pending;
  if (id === undefined || !pending) {
    throw new UserError("operation-ended", `operation ${input.operation} has ended already`, {
      hints: [["next", `strata show ${input.operation}`]],
    });
  }
  const asked = {
    by: caller.actor,
    command: input.command,
    operation,
    ...(input.reason === undefined ? {} : { reason: input.reason }),
  };
  await dispatcher.dispatch({ type: "cancel", id, operation }, asked);
  reactor.react();
  return { operation: { id: operation, number: pending.number, kind: pending.kind, requestedAt: pending.requestedAt } };
}

/** The step under way goes on to its end. */
async function cancelRollback(
  { dispatcher }: Daemon,
  caller: Caller,
  input: { command: string; reason?: string | undefined },
  { id, number, requestedAt }: RollbackState,
) {
  const { command, reason } = input;
  const asked = { by: caller.actor, command, operation: id, ...(reason === undefined ? {} : { reason }) };
  await dispatcher.dispatch({ type: "cancel-rollback", rollback: id }, asked);
  return { operation: { id, number, kind: "rollback" as const, requestedAt } };
}

function madeUpName(world: World, { ids }: Daemon): string {
  for (let tries = 0; tries < triesMax; tries++) {
    const name = inventName(ids.bytes(4));
    if (!world.names.has(name)) return name;
  }
  throw new UserError("name-needed", "no free name was found; give one", {
    exit: exitCodes.usage,
    hints: [["form", "--name NAME"]],
  });
}

function defined<Values extends Record<string, unknown>>(
  values: Values,
): { [Key in keyof Values]?: Exclude<Values[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Values]?: Exclude<Values[Key], undefined>;
  };
}
