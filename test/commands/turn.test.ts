/** Two restores of one instance: the second waits for the first, and Ctrl-C ends the waiting. */
import { afterEach, expect, test } from "bun:test";
import { UserError } from "../../src/errors.ts";
import type { Following } from "../../src/api/contract.ts";
import { cli, ended, instance, operation, says, startCli, startStandIn } from "./stand-in.ts";
import type { StandIn } from "./stand-in.ts";

let standIn: StandIn | undefined;
afterEach(() => standIn?.stop());

const point = {
  id: "p-1",
  name: "good",
  kind: "snapshot" as const,
  layer: "l-1",
  madeAt: "2026-11-20T11:00:00.000Z",
  operation: 2,
  cause: "snapshot",
  bytes: 1024,
  consistency: "off" as const,
  isHeld: false,
  specs: instance("web").specs,
};
const busy = () => new UserError("operation-pending", '"web" is busy', { hints: [["next", "strata cancel 3"]] });

/** Operation 3 of `kind` is under way until it was followed to its end. */
function given(kind: "restore" | "stop", follow: (signal: AbortSignal) => AsyncIterable<Following>) {
  let isOver = false;
  return startStandIn({
    "point.find": () => ({ point }),
    "instance.info": () => [instance("web", isOver ? {} : { operation: operation(3, kind) })],
    "point.restore": () => {
      if (!isOver) throw busy();
      return { instance: instance("web"), operation: operation(4, "restore") };
    },
    "operation.follow": async function* ({ operation: id }, signal) {
      if (id === "op-4") return yield* says(ended(4, "restore", { instance: instance("web") }));
      yield* follow(signal);
      isOver = true;
    },
  });
}

test("a restore goes after the one that is under way", async () => {
  standIn = given("restore", () => says(ended(3, "restore")));
  const { code, stderr } = await cli(standIn, "restore", "web@good");
  expect([code, stderr]).toEqual([
    0,
    expect.stringContaining("restore web waits for operation 3 (restore)   (Ctrl-C: do not wait)\nRestored: web@good"),
  ]);
  const sent = standIn.calls.filter(({ name }) => name === "point.restore").map(({ input }) => input["command"]);
  expect(new Set(sent).size).toBe(2);
});

test("Ctrl-C ends the waiting, and leaves the other alone", async () => {
  standIn = given("restore", async function* (signal) {
    yield { kind: "step", step: "rewind", detail: "" };
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  });
  const run = startCli(["restore", "web@good"], { STRATA_HOST: standIn.socket });
  await run.said("waits for operation 3");
  run.process.kill("SIGINT");
  const { code, stderr } = await run.result();
  expect(code).toBe(130);
  expect(stderr).toEndWith("error: cancelled: restore web, before it began; nothing was changed [cancelled]\n");
  expect(standIn.calls.map(({ name }) => name)).not.toContain("operation.cancel");
  expect(standIn.calls.filter(({ name }) => name === "point.restore")).toHaveLength(1);
});

test("anything else that is under way refuses it", async () => {
  standIn = given("stop", () => says());
  expect(await cli(standIn, "restore", "web@good")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("[operation-pending]"),
  });
});
