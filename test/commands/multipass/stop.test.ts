/** stop: in order, later, by force; what is refused, and what is called off. */
import { UserError } from "../../../src/errors.ts";
import { operation } from "../stand-in.ts";
import { ended, instance, table } from "./harness.ts";

const running = instance("web");
const stopped = instance("db", { state: "Stopped", power: "off" });
const suspended = instance("s", { state: "Suspended", power: "suspended" });
const suspending = instance("going", { state: "Suspending", operation: operation(4, "suspend") });
const starting = instance("up", { state: "Starting", power: "starting", operation: operation(5, "start") });
const launching = instance("new", { state: "Starting", power: "off", operation: operation(6, "launch") });
const stopping = instance("down", { state: "Stopping", power: "stopping", operation: operation(7, "stop") });
const leaving = instance("late", { stopsAt: "2026-11-20T12:00:00.000Z" });
const gone = instance("old", { state: "Deleted", power: "off" });
const all = [running, stopped, suspended, suspending, starting, launching, stopping, leaving, gone];
const run = ended("stop");
const list = { "instance.list": () => all };
const stop = { ...list, "instance.stop": run.accepted, "operation.follow": run.follow };
const later = { ...list, "instance.stop-later": run.accepted, "operation.follow": run.follow };
const never = { ...list, "instance.stop-never": run.accepted, "operation.follow": run.follow };
const forced = { ...stop, "operation.cancel": () => ({ operation: operation(5, "start") }) };
const overAlready = () => {
  throw new UserError("operation-ended", "has ended already");
};

table([
  {
    line: "stop web",
    situation: "running",
    api: stop,
    code: 0,
    sends: ["instance.stop", { instance: "web", force: false }],
  },
  {
    line: "stop web --time 0",
    situation: "at once",
    api: stop,
    code: 0,
    sends: ["instance.stop", { instance: "web" }],
  },
  {
    line: "stop",
    situation: "the primary one",
    api: stop,
    settings: { "client.primary-name": "web" },
    code: 0,
    sends: ["instance.stop", { instance: "web" }],
  },
  {
    line: "stop down",
    situation: "stops already",
    api: { ...list, "operation.follow": run.follow },
    code: 0,
    sends: ["operation.follow", { operation: "op-7" }],
  },
  {
    line: "stop web -t5",
    situation: "in five minutes",
    api: later,
    code: 0,
    sends: ["instance.stop-later", { instance: "web", inMs: 300_000 }],
  },
  {
    line: "stop web --time +10",
    situation: "with a plus",
    api: later,
    code: 0,
    sends: ["instance.stop-later", { instance: "web", inMs: 600_000 }],
  },
  {
    line: "stop late --cancel",
    situation: "called off",
    api: never,
    code: 0,
    sends: ["instance.stop-never", { instance: "late" }],
  },
  { line: "stop web -c", situation: "nothing to call off", api: list, code: 0 },
  {
    line: "stop s",
    situation: "suspended",
    api: list,
    code: 2,
    stderr: "stop failed: Cannot shut down suspended instance s.\nUse --force to power it off.\n",
  },
  {
    line: "stop going",
    situation: "suspending",
    api: list,
    code: 2,
    stderr: "stop failed: Cannot shut down instance going while suspending.\nUse --force to power it off.\n",
  },
  {
    line: "stop up --time 5",
    situation: "starting",
    api: list,
    code: 2,
    stderr: "stop failed: Cannot shut down instance up while starting.\nUse --force to power it off.\n",
  },
  {
    line: "stop s --force",
    situation: "suspended, by force",
    api: stop,
    code: 0,
    sends: ["instance.stop", { instance: "s", force: true }],
  },
  {
    line: "stop up --force",
    situation: "starting, by force: that is called off first",
    api: forced,
    code: 0,
    sends: ["operation.cancel", { operation: "op-5" }],
  },
  {
    line: "stop up --force",
    situation: "started meanwhile",
    api: { ...forced, "operation.cancel": overAlready },
    code: 0,
    sends: ["instance.stop", { instance: "up", force: true }],
  },
  {
    line: "stop new --force",
    situation: "launching",
    api: list,
    code: 2,
    stderr: 'stop failed: instance "new" is being prepared\n',
  },
  {
    line: "stop nix old",
    situation: "missing and deleted",
    api: list,
    code: 2,
    stderr: 'stop failed: The following errors occurred:\ninstance "nix" does not exist\ninstance "old" is deleted\n',
  },
  {
    line: "stop --all",
    situation: "an unavailable one is left alone",
    api: {
      "instance.list": () => [instance("far", { labels: { zone: "zone3" } })],
      "settings.list": () => [{ key: "zones.unavailable", value: "zone3", default: "", about: "" }],
    },
    code: 0,
  },
  { line: "stop web --time x", situation: "no digits", code: 1, stderr: "Time must be in digit form\n" },
  { line: "stop web --time ++5", situation: "two pluses", code: 1, stderr: "Time must be in digit form\n" },
  {
    line: "stop web -t 5 -c",
    situation: "time and cancel",
    code: 1,
    stderr: "Cannot set 'time' and 'cancel' options at the same time\n",
  },
  {
    line: "stop web --force -c",
    situation: "force and cancel",
    code: 1,
    stderr: "Cannot set 'force' along with 'time' or 'cancel' options at the same time\n",
  },
  {
    line: "stop web --force -t 0",
    situation: "force and time",
    code: 1,
    stderr: "Cannot set 'force' along with 'time' or 'cancel' options at the same time\n",
  },
  {
    line: "stop web db --all",
    situation: "names and all",
    code: 1,
    stderr: "Cannot specify names when --all option set\n",
  },
  {
    line: "stop",
    situation: "primary disabled",
    settings: { "client.primary-name": "" },
    code: 1,
    stderr: "Name argument or --all is required\nNote: the primary instance is disabled.\n",
  },
  {
    line: "stop web",
    situation: "no daemon",
    isAlone: true,
    code: 2,
    stderr: "stop failed: cannot connect to the multipass socket\n",
  },
]);
