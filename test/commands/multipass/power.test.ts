/** start, restart, suspend: verb, situation, what is said, where, and the exit code. */
import { ended, instance, table } from "./harness.ts";

const running = instance("web");
const stopped = instance("db", { state: "Stopped", power: "off" });
const suspended = instance("s", { state: "Suspended", power: "suspended" });
const gone = instance("old", { state: "Deleted", power: "off" });
const list = { "instance.list": () => [running, stopped, suspended, gone] };
const start = ended("start");
const late = ended("start", { result: "timeout" });
const broken = ended("start", {
  result: "failed",
  failure: { step: "boot", code: "machine-not-started", reason: "the machine did not start" },
});

table([
  {
    line: "start db",
    situation: "off",
    api: { ...list, "instance.start": start.accepted, "operation.follow": start.follow },
    code: 0,
    sends: ["instance.start", { instance: "db" }],
  },
  {
    line: "start db --timeout 5",
    situation: "too late",
    api: { ...list, "instance.start": late.accepted, "operation.follow": late.follow },
    code: 5,
    stderr: "Timed out waiting for instance to start.\n",
    sends: ["instance.start", { instance: "db", timeoutMs: 5000 }],
  },
  {
    line: "start db",
    situation: "that fails",
    api: { ...list, "instance.start": broken.accepted, "operation.follow": broken.follow },
    code: 2,
    stderr: "start failed: the machine did not start\n",
  },
  {
    line: "start nix",
    situation: "missing",
    api: list,
    code: 2,
    stderr: "start failed: instance(s) missing\nInstance 'nix' does not exist.\n",
  },
  {
    line: "start old",
    situation: "in the trash",
    api: list,
    code: 2,
    stderr:
      "start failed: Instance 'old' is deleted. Use 'recover' to recover it or 'purge' to permanently delete it.\n",
  },
  {
    line: "start --timeout 0 web",
    situation: "no time",
    code: 1,
    stderr: "error: --timeout value has to be a positive integer\n",
  },
  {
    line: "start web --all",
    situation: "names and all",
    code: 1,
    stderr: "Cannot specify name(s) when --all option set\n",
  },
  {
    line: "start",
    situation: "primary disabled",
    settings: { "client.primary-name": "" },
    code: 1,
    stderr: "Name argument or --all is required\nNote: the primary instance is disabled.\n",
  },
  {
    line: "start web",
    situation: "no daemon",
    isAlone: true,
    code: 2,
    stderr: "start failed: cannot connect to the multipass socket\n",
  },
  {
    line: "restart db",
    situation: "not running",
    api: list,
    code: 2,
    stderr: "restart failed: Instance 'db' is not running\n",
  },
  {
    line: "restart db nix",
    situation: "two faults",
    api: list,
    code: 2,
    stderr:
      "restart failed: The following errors occurred:\ninstance \"nix\" does not exist\nInstance 'db' is not running\n",
  },
  { line: "suspend db s", situation: "neither runs", api: list, code: 0 },
  {
    line: "suspend nix",
    situation: "missing",
    api: list,
    code: 2,
    stderr: 'suspend failed: instance "nix" does not exist\n',
  },
]);
