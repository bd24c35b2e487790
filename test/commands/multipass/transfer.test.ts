/** transfer: what the words mean together, what is said to those that make no sense, and of what cannot be copied. */
import { expect, test } from "bun:test";
import type { TransferFault, Transferred, TransferPlan, TransferWatch } from "../../../src/commands/context.ts";
import type { MultipassContext } from "../../../src/commands/multipass/context.ts";
import { UserError, exitCodes } from "../../../src/errors.ts";
import { instance, now, runLine, table } from "./harness.ts";

const list = {
  "instance.list": () => [
    instance("web"),
    instance("db"),
    instance("off", { state: "Stopped", power: "off" }),
    instance("old", { state: "Deleted", power: "off" }),
  ],
};

/** Transfers that end as `answer` says, and what was asked of them. */
function transfers(answer: readonly TransferFault[] | ((plan: TransferPlan) => Error | undefined) = []) {
  const plans: TransferPlan[] = [];
  const run = async (plan: TransferPlan, watch: TransferWatch): Promise<Transferred> => {
    plans.push(plan);
    const failure = typeof answer === "function" ? answer(plan) : undefined;
    if (failure) throw failure;
    const faults = typeof answer === "function" ? [] : answer;
    for (const fault of faults) watch.onFault(fault);
    return { files: 1, folders: 0, links: 0, bytes: 3, faults: faults.length, target: "web:/home/ubuntu/x" };
  };
  return { plans, api: list, more: { transfers: { run } } satisfies Partial<MultipassContext> };
}

const stamp = now.slice(0, -1);
const refusedLine = (code: string, message: string, exit?: UserError["exit"]) =>
  transfers(() => new UserError(code, message, exit === undefined ? {} : { exit }));

table([
  { line: "transfer", situation: "no word", code: 1, stderr: "Not enough arguments given\n" },
  { line: "transfer web:a", situation: "one word", code: 1, stderr: "Not enough arguments given\n" },
  { line: "transfer - -", situation: "two streams", code: 1, stderr: "Only one '-' allowed\n" },
  { line: "transfer - - web:", situation: "two streams in", code: 1, stderr: "Only one '-' allowed\n" },
  {
    line: "transfer - a web:",
    situation: "a stream and more",
    code: 1,
    stderr: "Only two arguments allowed when using '-'\n",
  },
  {
    line: "transfer web:a web:b -",
    situation: "two out",
    code: 1,
    stderr: "Only two arguments allowed when using '-'\n",
  },
  {
    line: "transfer a -",
    situation: "from here to the stream",
    code: 1,
    stderr: "Source must be from inside an instance\n",
  },
  {
    line: "transfer - a",
    situation: "from the stream to here",
    code: 1,
    stderr: "Target must be inside an instance\n",
  },
  {
    line: "transfer a b",
    situation: "no instance",
    code: 1,
    stderr: "An instance name is needed for either source or destination\n",
  },
  {
    line: "transfer :a b",
    situation: "an instance without a name",
    code: 1,
    stderr: "An instance name is needed for either source or destination\n",
  },
  { line: "transfer web:a b c", situation: "mixed", code: 1, stderr: "All sources must be from inside an instance\n" },
  {
    line: "transfer web:a db:b",
    situation: "guest to guest",
    code: 1,
    stderr: "Cannot specify an instance name for both source and destination\n",
  },
  {
    line: "transfer a nix:",
    situation: "missing",
    api: list,
    code: 2,
    stderr: 'transfer failed: The following errors occurred:\ninstance "nix" does not exist\n',
  },
  {
    line: "transfer a old:",
    situation: "in the trash",
    api: list,
    code: 2,
    stderr: 'transfer failed: The following errors occurred:\ninstance "old" is deleted\n',
  },
  {
    line: "transfer a off:",
    situation: "off: it is not started",
    api: list,
    code: 2,
    stderr: 'transfer failed: instance "off" is not running\n',
  },
  {
    line: "transfer a web:",
    situation: "no daemon",
    isAlone: true,
    code: 2,
    stderr: "transfer failed: cannot connect to the multipass socket\n",
  },
  { line: "transfer a web:", situation: "all is copied", ...transfers(), code: 0 },
  { line: "copy-files a web:", situation: "by another name", ...transfers(), code: 0 },
  {
    line: "transfer d web:",
    situation: "a folder here",
    ...transfers([{ path: "d", why: "d is a folder", code: "path-is-folder" }]),
    code: 2,
    stderr: `[${stamp}] [error] [sftp] omitting local directory "d": recursive mode not specified\n`,
  },
  {
    line: "transfer web:d .",
    situation: "a folder there",
    ...transfers([{ path: "web:d", why: "web:d is a folder", code: "path-is-folder" }]),
    code: 2,
    stderr: `[${stamp}] [error] [sftp] omitting remote directory "d": recursive mode not specified\n`,
  },
  {
    line: "transfer a b web:",
    situation: "missing here, and refused",
    ...transfers([
      { path: "a", why: "there is no a", code: "path-not-found" },
      { path: "b", why: "EACCES: permission denied, open 'b'" },
    ]),
    code: 2,
    stderr: `[${stamp}] [error] [sftp] cannot open local file "a": No such file or directory\n[${stamp}] [error] [sftp] cannot copy "b": EACCES: permission denied, open 'b'\n`,
  },
  {
    line: "transfer a b web:x",
    situation: "several to what is no folder",
    ...refusedLine("target-not-folder", "web:x is no folder"),
    code: 2,
    stderr: 'Target "x" is not a directory\n',
  },
  {
    line: "transfer web:a db:b x",
    situation: "several from several to what is no folder",
    ...refusedLine("target-not-folder", "x is no folder"),
    code: 2,
    stderr: 'Target "x" is not a directory\n',
  },
  {
    line: "transfer a web:",
    situation: "the guest is lost at half",
    ...refusedLine("session-lost", "the session in the guest broke off; nothing was written", exitCodes.guestSide),
    code: 2,
    stderr: "transfer failed: the session in the guest broke off; nothing was written\n",
  },
  {
    line: "transfer a web:",
    situation: "Ctrl-C at half",
    ...refusedLine("cancelled", "cancelled: transfer; nothing was written", exitCodes.interrupted),
    code: 130,
    stderr: "cancelled: transfer; nothing was written\n",
  },
]);

async function plansOf(line: string): Promise<readonly unknown[]> {
  const { plans, ...world } = transfers();
  await runLine(line.split(" "), world);
  return plans.map(({ sources, target, recursive, parents }) => [
    [...sources, target].map((place) =>
      place.at === "stream" ? "-" : place.at === "here" ? place.path : `[${place.instance}]${place.path}`,
    ),
    `${recursive ? "r" : ""}${parents ? "p" : ""}`,
  ]);
}

test.each([
  ["transfer a web:", [[["a", "[web]."], ""]]],
  ["transfer a b web:x/y", [[["a", "b", "[web]x/y"], ""]]],
  ["transfer web:a:b c", [[["[web]a:b", "c"], ""]]],
  ["transfer web: .", [[["[web].", "."], ""]]],
  ["transfer web:a web:b out", [[["[web]a", "[web]b", "out/"], ""]]],
  [
    "transfer web:a db:b web:c out",
    [
      [["[web]a", "[web]c", "out/"], ""],
      [["[db]b", "out/"], ""],
    ],
  ],
  ["transfer - web:x", [[["-", "[web]x"], ""]]],
  ["transfer web:x -", [[["[web]x", "-"], ""]]],
  ["transfer -rp a web:", [[["a", "[web]."], "rp"]]],
  ["transfer a --recursive web: --parents", [[["a", "[web]."], "rp"]]],
])("%s", async (line, expected) => expect(await plansOf(line)).toEqual(expected));

test("standard input has a name of its own in a folder", async () => {
  const { plans, ...world } = transfers((plan) =>
    plan.target.at === "guest" && plan.target.path === "." ? new UserError("name-missing", "a folder") : undefined,
  );
  expect((await runLine(["transfer", "-", "web:"], world)).code).toBe(0);
  expect(plans.map(({ target }) => target)).toEqual([
    { at: "guest", instance: "web", path: "." },
    { at: "guest", instance: "web", path: "./stream_output.dat" },
  ]);
});
