/** exec and shell: verb, situation, what is said, where, and the exit code; and which folder of the guest a command starts in. */
import { expect, test } from "bun:test";
import type { SessionRequest } from "../../../src/commands/context.ts";
import type { MultipassContext } from "../../../src/commands/multipass/context.ts";
import { mappedDirectory, wordsIn } from "../../../src/commands/multipass/working-directory.ts";
import { UserError, exitCodes } from "../../../src/errors.ts";
import { ended, instance, runLine, table } from "./harness.ts";
import type { World } from "./harness.ts";

const running = instance("web");
const stopped = instance("db", { state: "Stopped", power: "off" });
const gone = instance("old", { state: "Deleted", power: "off" });
const soon = instance("soon", { stopsAt: "2026-11-20T12:00:59.000Z" });
const later = instance("later", { stopsAt: "2026-11-20T12:01:01.000Z" });
const list = { "instance.list": () => [running, stopped, gone, soon, later] };
const start = ended("start");
const late = ended("start", { result: "timeout" });
const launch = ended("launch", { instance: instance("primary") });

/** A guest whose sessions end with `code`, or fail. */
function guest(answer: number | Error): {
  readonly opened: SessionRequest[];
  readonly more: Partial<MultipassContext>;
} {
  const opened: SessionRequest[] = [];
  const open = async (request: SessionRequest) => {
    opened.push(request);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { opened, more: { session: { open } as unknown as MultipassContext["session"] } };
}

const lost = guest(new UserError("session-lost", "the session in the guest broke off", { exit: exitCodes.guestSide }));
const left = guest(new UserError("interrupted", "left the command", { exit: exitCodes.interrupted }));
const unread = guest(new UserError("output-closed", "nobody reads", { exit: exitCodes.failed }));
const innerHint = `\nOptions to the inner command should come after "--", like this:\nmultipass exec <instance> -- <command> <arguments>\n`;
const soonText = `"soon" is scheduled to shut down in less than a minute, use 'multipass stop --cancel soon' to cancel the shutdown.\n`;

table([
  {
    line: "exec -d /tmp -n web ls",
    situation: "both directories",
    code: 1,
    stderr: "Options --working-directory and --no-map-working-directory clash\n",
  },
  { line: "exec web", situation: "no command", code: 1, stderr: "Wrong number of arguments\n" },
  { line: "exec", situation: "no word", code: 1, stderr: "Wrong number of arguments\n" },
  { line: "exec web ls -la", situation: "options without --", code: 1, stderr: `Unknown options: l, a.\n${innerHint}` },
  {
    line: "exec web ls --all",
    situation: "an option without --",
    code: 1,
    stderr: `Unknown option 'all'.\n${innerHint}`,
  },
  { line: "exec --foo web -- ls", situation: "an option before it", code: 1, stderr: "Unknown option 'foo'.\n" },
  { line: "exec web ls -d", situation: "a value missing", code: 1, stderr: "Missing value after '-d'.\n" },
  {
    line: "exec nix ls",
    situation: "missing",
    api: list,
    code: 2,
    stderr: 'exec failed: The following errors occurred:\ninstance "nix" does not exist\n',
  },
  {
    line: "exec old ls",
    situation: "in the trash",
    api: list,
    code: 2,
    stderr: 'exec failed: The following errors occurred:\ninstance "old" is deleted\n',
  },
  { line: "exec soon ls", situation: "about to stop", api: list, code: 2, stderr: `exec failed: ${soonText}` },
  { line: "exec later ls", situation: "to stop later", api: list, ...guest(0), code: 0 },
  {
    line: "exec web ls",
    situation: "no daemon",
    isAlone: true,
    code: 2,
    stderr: /cannot connect to the multipass socket/,
  },
  { line: "exec web -- sh -c exit", situation: "the guest's code", api: list, ...guest(42), code: 42 },
  {
    line: "exec web ls",
    situation: "SSH fails",
    api: list,
    ...lost,
    code: 255,
    stderr: /^exec failed: the session in/,
  },
  { line: "exec web ls", situation: "left by Ctrl-C", api: list, ...left, code: 130, stderr: "left the command\n" },
  { line: "exec web ls", situation: "a pipe closed", api: list, ...unread, code: 141 },
  {
    line: "exec db ls",
    situation: "off: it is started",
    api: { ...list, "instance.start": start.accepted, "operation.follow": start.follow },
    ...guest(3),
    code: 3,
    sends: ["instance.start", { instance: "db" }],
  },
  { line: "shell a b", situation: "two names", code: 1, stderr: "Too many arguments given\n" },
  {
    line: "shell",
    situation: "primary disabled",
    settings: { "client.primary-name": "" },
    code: 1,
    stderr: "The primary instance is disabled, please provide an instance name.\n",
  },
  {
    line: "shell web --timeout x",
    situation: "no time",
    code: 1,
    stderr: "error: --timeout value has to be a positive integer\n",
  },
  {
    line: "shell nix",
    situation: "missing",
    api: list,
    code: 2,
    stderr: 'shell failed: The following errors occurred:\ninstance "nix" does not exist\n',
  },
  {
    line: "shell old",
    situation: "in the trash",
    api: list,
    code: 2,
    stderr: 'shell failed: The following errors occurred:\ninstance "old" is deleted\n',
  },
  { line: "shell soon", situation: "about to stop", api: list, code: 2, stderr: `shell failed: ${soonText}` },
  { line: "sh web", situation: "by another name", api: list, ...guest(9), code: 9 },
  { line: "connect web", situation: "by a third name", api: list, ...guest(0), code: 0 },
  { line: "shell web", situation: "SSH fails", api: list, ...lost, code: 255, stderr: /^shell failed: the session in/ },
  {
    line: "shell",
    situation: "no primary: it is launched",
    api: {
      ...list,
      "instance.launch": launch.accepted,
      "operation.follow": launch.follow,
      "instance.mount": ended("mount").accepted,
    },
    more: { ...guest(0).more, home: "/home/me" },
    code: 0,
    stdout: /^Launched: primary/,
    sends: ["instance.launch", { name: "primary" }],
  },
  {
    line: "shell db --timeout 5",
    situation: "off, and too late",
    api: { ...list, "instance.start": late.accepted, "operation.follow": late.follow },
    code: 5,
    stderr: "Timed out waiting for instance to start.\n",
    sends: ["instance.start", { instance: "db", timeoutMs: 5000 }],
  },
  {
    line: "shell --timeout 5",
    situation: "the launch of the primary is too late",
    api: { ...list, "instance.launch": late.accepted, "operation.follow": late.follow },
    code: 5,
    stderr: "Timed out waiting for instance to start.\n",
  },
]);

test.each([
  ["exec web ls", ["ls"]],
  ["exec web -- ls -la", ["ls", "-la"]],
  ["exec web ls -- -la", ["ls", "-la"]],
  ["exec -n web ls", ["ls"]],
  ["-v exec web pwd", ["pwd"]],
  ["exec -d /var/log web ls", ["eval", "cd '/var/log'&&'ls'"]],
])("%s", async (line, words) => {
  const { opened, more } = guest(0);
  const world: World = { api: list, more };
  await runLine(line.split(" "), world);
  expect(opened).toEqual([{ instance: "web", words }]);
});

test("a command starts in the folder that it was typed in, where that is mounted", async () => {
  const { opened, more } = guest(0);
  const mounts = [
    {
      source: "/home/someone",
      target: "/home/ubuntu/Home",
      type: "classic" as const,
      readOnly: false,
      uids: [],
      gids: [],
      owner: { uid: 1, gid: 1 },
      state: "active" as const,
    },
  ];
  const world: World = { api: { "instance.list": () => [instance("web", { mounts })] }, more };
  await runLine(["exec", "web", "ls"], world);
  await runLine(["exec", "-n", "web", "ls"], world);
  expect(opened.map(({ words }) => words)).toEqual([["eval", "cd '/home/ubuntu/Home'&&'ls'"], ["ls"]]);
});

test("words stay words in a folder, and sudo reaches folders that the user does not", () => {
  expect(wordsIn(undefined, ["ls"])).toEqual(["ls"]);
  expect(wordsIn("/it's", ["echo", "a b", "$x"])).toEqual(["eval", "cd '/it'\\''s'&&'echo' 'a b' '$x'"]);
  expect(wordsIn("/root", ["sudo", "ls", "a b"])).toEqual([
    "sudo",
    "sh",
    "-c",
    "cd '/root' && sudo -u ubuntu 'sudo' 'ls' 'a b'",
  ]);
});

const mounts = [
  { source: "/home/me", target: "/home/ubuntu/Home" },
  { source: "/home/me/src/", target: "/src/" },
  { source: "/", target: "/host" },
];
test.each([
  ["/home/me", "/home/ubuntu/Home"],
  ["/home/me/a/b", "/home/ubuntu/Home/a/b"],
  ["/home/me/src", "/src"],
  ["/home/me/src/x y", "/src/x y"],
  ["/home/me2", "/host/home/me2"],
  ["/", "/host"],
])("%s is %s", (directory, target) => expect(mappedDirectory(directory, mounts)).toBe(target));

test("a folder that is in no mount, or gone, is none of the guest's", () => {
  expect(mappedDirectory("/home/you", mounts.slice(0, 2))).toBeUndefined();
  expect(mappedDirectory("/home/me", [])).toBeUndefined();
  expect(mappedDirectory("", mounts)).toBeUndefined();
});
