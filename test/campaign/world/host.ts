/**
 * The fake driver's machines in a process that no daemon takes with it: the test's own. A daemon reaches them over a unix
 * socket, so that killing it, at whatever moment, leaves them as they are.
 */
import { toWire } from "../../../src/api/wire.ts";
import type { Happening } from "../../../src/drivers/driver.ts";
import { createFakeDriver } from "../../../src/drivers/fake.ts";
import { createFakeWorld, type FakeWorld } from "../../../src/drivers/fake-world.ts";
import { systemClock } from "../../../src/sys/clock.ts";
import { until } from "../../e2e/harness.ts";
import type { Random } from "../../simulation/random.ts";
import type { Asked } from "./driver.ts";

export interface WorldHost {
  readonly world: FakeWorld;
  /** Calls that changed a machine, or tried to, since this was emptied last: `start ID`. */
  readonly changes: string[];
  /** Resolves when everything that was asked for has been done: what a daemon had begun when it died, too. */
  quiet(): Promise<void>;
  stop(): Promise<void>;
}

export interface WorldOptions {
  readonly socket: string;
  readonly random: Random;
  /** How long a call may take before it takes effect, and again before it is answered. */
  readonly waitMsMax: number;
}

const beatMs = 3_000;
const readOnly: ReadonlySet<string> = new Set(["check", "inspect", "image", "written", "check-point", "console"]);

export function hostWorld({ socket, random, waitMsMax }: WorldOptions): WorldHost {
  const world = createFakeWorld({ clock: systemClock, guest: { powerOffMs: waitMsMax } });
  const driver = createFakeDriver(world);
  const changes: string[] = [];
  const never = new AbortController().signal;
  let inFlight = 0;

  const wait = () => (waitMsMax === 0 ? undefined : Bun.sleep(random.below(waitMsMax)));
  const carryOut = (asked: Asked, signal: AbortSignal): Promise<unknown> => {
    switch (asked.call) {
      case "check":
        return driver.check(signal);
      case "image":
        return driver.images.inspect(asked.path, signal);
      case "create":
        return driver.create(asked.id, asked.plan, signal);
      case "start":
        return driver.start(asked.id, { ...asked.plan, seed: new Uint8Array(asked.seedBytes) }, signal);
      case "stop":
        return driver.stop(asked.id, asked.how, signal);
      case "suspend":
        return driver.suspend(asked.id, signal);
      case "instruct":
        return driver.instruct(asked.id, asked.script, signal);
      case "identify":
        return driver.identify(asked.id, asked.plan, signal);
      case "resize":
        return driver.resize(asked.id, asked.plan, signal);
      case "resume":
        return driver.resume(asked.id, signal);
      case "inspect":
        return driver.inspect(asked.id);
      case "console":
        return Promise.resolve({ text: world.machines.get(asked.id)?.console ?? "" });
      case "freeze":
        return driver.snapshots.freeze(asked.id, asked.plan, signal);
      case "written":
        return driver.snapshots.isWritten(asked.layer, signal);
      case "merge":
        return driver.snapshots.merge(asked.plan, signal);
      case "take":
        return driver.snapshots.take(asked.plan, signal);
      case "extract":
        return driver.images.extract(asked.from, asked.target, signal);
      case "check-point":
        return driver.snapshots.check(asked.at, signal);
      case "rewind":
        return driver.snapshots.rewind(asked.id, asked.plan, signal);
      case "discard":
        return driver.snapshots.discard(asked.what, signal);
      case "empty":
        return driver.snapshots.empty(asked.ms, signal);
      case "destroy":
        return driver.destroy(asked.id, asked.layers, signal);
    }
  };
  const answer = async (request: Request): Promise<Response> => {
    const asked = (await request.json()) as Asked;
    // A hypervisor does half of what it was told when whoever told it dies, and sometimes all of it.
    const signal = random.chance(0.5) ? request.signal : never;
    inFlight += 1;
    try {
      await wait();
      if (!readOnly.has(asked.call)) changes.push(`${asked.call} ${"id" in asked ? asked.id : ""}`);
      const result = await carryOut(asked, signal);
      await wait();
      return Response.json(result ?? {});
    } catch (error) {
      return Response.json(signal.aborted ? toWire(undefined) : toWire(error), { status: 500 });
    } finally {
      inFlight -= 1;
    }
  };

  const server = Bun.serve({
    unix: socket,
    fetch: (request) => (request.method === "GET" ? happenings(world, request.signal) : answer(request)),
  });
  return {
    world,
    changes,
    quiet: () => until("the machines are left alone", () => inFlight === 0),
    stop: () => server.stop(true),
  };
}

/** One line for each thing that a machine does by itself, for as long as somebody listens. */
function happenings(world: FakeWorld, gone: AbortSignal): Response {
  const lines = new ReadableStream<string>({
    start(controller) {
      const tell = (id: string, happening: Happening) => controller.enqueue(`${JSON.stringify({ id, happening })}\n`);
      world.listeners.add(tell);
      // Headers leave with the first bytes, and an answer that is silent for ten seconds is cut off.
      controller.enqueue("\n");
      const beat = setInterval(() => controller.enqueue("\n"), beatMs);
      gone.addEventListener("abort", () => {
        clearInterval(beat);
        world.listeners.delete(tell);
      });
    },
  });
  return new Response(lines);
}
