/** `strata wait` against a stand-in: at once, by the feed, over a daemon's restart, and the ways it gives up. */
import { afterEach, expect, test } from "bun:test";
import { UserError } from "../../src/errors.ts";
import type { DaemonStatus, EventView, InstanceView } from "../../src/model/view.ts";
import { cli, instance, operation, startStandIn } from "./stand-in.ts";
import type { StandIn } from "./stand-in.ts";

let standIn: StandIn | undefined;
afterEach(() => {
  standIn?.stop();
  standIn = undefined;
});

const booting = instance("web", { state: "Starting", health: "booting", operation: operation(1, "start") });
const off = instance("web", { state: "Stopped", power: "off", health: "none" });
const status = { log: { durable: 7 } } as DaemonStatus;
const event = (position: number, stream = "instance/id-web") => ({ position, stream }) as EventView;

/** Looks answer one view after the other, the last one for good; each feed gives its events, then waits or ends. */
function given(views: readonly (InstanceView | UserError)[], feeds: readonly (readonly EventView[])[]): StandIn {
  let looks = 0;
  let opened = 0;
  standIn = startStandIn({
    "daemon.status": () => status,
    "instance.info": () => {
      const view = views[Math.min(looks++, views.length - 1)];
      if (view instanceof UserError) throw view;
      return view ? [view] : [];
    },
    "event.feed": async function* (_input, signal) {
      yield* feeds[opened] ?? [];
      if (opened++ < feeds.length - 1) return;
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    },
  });
  return standIn;
}
const names = () => standIn?.calls.map(({ name }) => name);

test("it comes back at once when it is so already, and follows nothing", async () => {
  given([instance("web")], []);
  expect(await cli(standIn, "wait", "web")).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(names()).not.toContain("event.feed");
});

test("it looks again when something is recorded about the instance, and only then", async () => {
  given([booting, booting, instance("web")], [[event(8, "instance/id-other"), event(9)]]);
  expect((await cli(standIn, "wait", "web")).code).toBe(0);
  expect(names()).toEqual(["instance.info", "daemon.status", "instance.info", "event.feed", "instance.info"]);
  expect(standIn?.calls.find(({ name }) => name === "event.feed")?.input).toEqual({ after: 7, follow: true });
});

test("a feed that ends is opened again", async () => {
  given([booting, booting, booting, instance("web")], [[], [event(9)]]);
  expect((await cli(standIn, "wait", "web")).code).toBe(0);
  expect(names()?.filter((name) => name === "event.feed").length).toBeLessThanOrEqual(2);
});

test.each([
  ["running", off, instance("web", { health: "booting" })],
  ["stopped", instance("web"), off],
  ["deleted", off, instance("web", { state: "Deleted", power: "off" })],
  ["deleted", off, new UserError("instance-not-found", "gone")],
  ["cloud-init", instance("web", { operation: operation(1, "launch") }), instance("web")],
] as const)("for %s", async (condition, before, after) => {
  given([before, before, after], [[event(9)]]);
  expect((await cli(standIn, "wait", "web", "--for", condition)).code).toBe(0);
});

test("the time passes: exit 5, with what it is instead", async () => {
  given([booting], [[]]);
  expect(await cli(standIn, "wait", "web", "--timeout", "4s")).toEqual({
    code: 5,
    stdout: "",
    stderr:
      "error: web was not ready within 4.0 s; it is Starting, booting [wait-timeout]\n  next          strata explain web\n",
  });
});

test("an operation that fails meanwhile ends the wait with its reason; an old failure does not", async () => {
  const failure = { step: "boot", code: "machine-not-started", reason: "no disk", operation: 1 };
  given([{ ...off, lastFailure: { ...failure, at: "1" } }], [[]]);
  expect((await cli(standIn, "wait", "web", "--timeout", "4s")).code).toBe(5);
  standIn?.stop();
  given([booting, booting, { ...off, lastFailure: { ...failure, at: "2" } }], [[event(9)]]);
  expect(await cli(standIn, "wait", "web")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("failed at boot: no disk [machine-not-started]"),
  });
});

test("an instance that does not exist, and a state that is none", async () => {
  given([new UserError("instance-not-found", "no")], []);
  expect((await cli(standIn, "wait", "web")).code).toBe(2);
  expect(await cli(standIn, "wait", "web", "--for", "stoped")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("did you mean  strata wait web --for stopped"),
  });
});
