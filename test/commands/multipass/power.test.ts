/** start, restart, suspend: verb, situation, what is said, where, and the exit code. */
import { expect, test } from "bun:test";
import { operation } from "../stand-in.ts";
import { ended, instance, runLine, still, table } from "./harness.ts";

const running = instance("web");
const stopped = instance("db", { state: "Stopped", power: "off" });
const suspended = instance("s", { state: "Suspended", power: "suspended" });
const gone = instance("old", { state: "Deleted", power: "off" });
const lost = instance("lost", { health: "unreachable" });
const suspending = instance("going", { state: "Suspending", operation: operation(4, "suspend") });
const starting = instance("up", { state: "Starting", power: "starting", operation: operation(5, "launch") });
const list = { "instance.list": () => [running, stopped, suspended, lost, suspending, starting, gone] };
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
    line: "start lost",
    situation: "runs, and its guest does not answer",
    api: list,
    code: 2,
    stderr: "start failed: Instance 'lost' is already running, but in an unknown state.\nTry to stop it first.\n",
  },
  {
    line: "start going",
    situation: "suspending",
    api: list,
    code: 2,
    stderr: "start failed: Cannot start the instance 'going' while suspending.\n",
  },
  {
    line: "start db",
    situation: "in a zone that is unavailable",
    api: {
      ...list,
      "settings.list": () => [{ key: "zones.unavailable", value: "zone1:id-web zone2", default: "", about: "" }],
    },
    code: 2,
    stderr: "start failed: Cannot start the instance 'db' while unavailable.\n",
  },
  {
    line: "start up",
    situation: "somebody launches it: waited for",
    api: { ...list, "operation.follow": start.follow },
    code: 0,
    sends: ["operation.follow", { operation: "op-5" }],
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
    stderr: "Cannot specify name when --all option set\n",
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
    stderr: 'restart failed: The following errors occurred:\ninstance "nix" does not exist\n',
  },
  {
    line: "restart lost",
    situation: "its guest does not answer",
    api: list,
    code: 2,
    stderr: "restart failed: Instance 'lost' is not running\n",
  },
  { line: "suspend db s", situation: "neither runs", api: list, code: 0 },
  {
    line: "suspend nix",
    situation: "missing",
    api: list,
    code: 2,
    stderr: 'suspend failed: The following errors occurred:\ninstance "nix" does not exist\n',
  },
]);

const texts: readonly [line: string, said: string][] = [
  ["start db", "Starting db"],
  ["start db s", "Starting requested instances"],
  ["stop --all", "Stopping all instances"],
];
for (const [line, said] of texts)
  test(`multipass ${line}: one spinner says "${said}"`, async () => {
    const shown: string[] = [];
    const stdout = {
      isTerminal: false,
      isClosed: false,
      write: (text: string | Uint8Array) => void shown.push(`${text}`),
    };
    const api = {
      "instance.list": () => [running, stopped, suspended],
      "instance.start": start.accepted,
      "instance.stop": start.accepted,
      "operation.follow": start.follow,
    };
    await runLine(line.split(" "), { api, more: { stdout } });
    expect(shown.filter((text) => text.includes(said))).toHaveLength(1);
    expect(still(shown.join(""))).toBe("");
  });
