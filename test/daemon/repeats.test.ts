/** A call that is sent again with the same id is answered with what the first one did, whatever has become of its instance. */
import { expect, test } from "bun:test";
import { configurationHandlers } from "../../src/daemon/handlers/configuration.ts";
import type { Caller, Daemon } from "../../src/daemon/handlers/context.ts";
import { lifecycleHandlers } from "../../src/daemon/handlers/lifecycle.ts";
import type { Recorded } from "../../src/events/envelope.ts";
import { emptyWorld } from "../../src/events/world.ts";
import { recordOf } from "../spec.ts";

const caller = {
  actor: { kind: "user", id: "unix:1", name: "u", role: "admin", via: "unix" },
} as const satisfies Caller;

/** The instance is gone, the request is remembered. */
function daemonAfter(request: Recorded): Daemon {
  const { time, stream, operation = "" } = request;
  return {
    clock: { now: () => new Date(time) },
    dispatcher: {
      world: emptyWorld,
      remembered: () => ({ time, stream, operation }),
      read: async (compute: (world: ReturnType<typeof emptyWorld>) => unknown) => compute(emptyWorld()),
    },
    log: {
      async *read() {
        yield request;
      },
    },
  } as unknown as Daemon;
}

const requested = (type: string) =>
  recordOf({ type, version: 1, stream: "instance/i-1", data: { number: 3 } }, 7, { operation: "op-3", command: "c-1" });

test("suspend", async () => {
  const handlers = lifecycleHandlers(daemonAfter(requested("instance.suspend-requested")));
  const answer = await handlers["instance.suspend"]({ command: "c-1", instance: "web" }, caller);
  expect(answer.operation).toMatchObject({ id: "op-3", number: 3, kind: "suspend" });
});

test("set of an instance's key", async () => {
  const handlers = configurationHandlers(daemonAfter(requested("instance.resize-requested")));
  const answer = await handlers["settings.set"]({ command: "c-1", key: "local.web.disk", value: "9G" }, caller);
  expect(answer.operation).toMatchObject({ id: "op-3", number: 3, kind: "set" });
});
