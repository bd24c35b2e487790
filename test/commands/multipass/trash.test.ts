/** delete, purge, recover: the trash, what is gone for good, and the aliases that go with it. */
import { expect, test } from "bun:test";
import type { Aliases } from "../../../src/commands/multipass/context.ts";
import { UserError } from "../../../src/errors.ts";
import { operation } from "../stand-in.ts";
import { ended, instance, runLine, table } from "./harness.ts";
import { point, tree } from "./points.ts";

const running = instance("web");
const suspended = instance("s", { state: "Suspended", power: "suspended" });
const starting = instance("up", { state: "Starting", power: "starting", operation: operation(5, "start") });
const stopping = instance("down", { state: "Stopping", power: "stopping", operation: operation(7, "stop") });
const gone = instance("old", { state: "Deleted", power: "off" });
const ending = ended("delete");
const list = {
  "instance.list": () => [running, suspended, starting, stopping, gone],
  "point.tree": () => [tree("web", point("good"), point("auto1", { kind: "auto" })), tree("old", point("first"))],
};
const remove = {
  ...list,
  "instance.delete": ending.accepted,
  "instance.purge": ending.accepted,
  "instance.recover": ending.accepted,
  "point.delete": ending.accepted,
  "operation.cancel": () => ({ operation: operation(5, "start") }),
  "operation.follow": ending.follow,
};
const notice = "Snapshots can only be purged (after deletion, they cannot be recovered)";

table([
  {
    line: "delete web",
    situation: "to the trash",
    api: remove,
    code: 0,
    sends: ["instance.delete", { instance: "web", purge: false }],
  },
  {
    line: "delete s",
    situation: "suspended, and stays so",
    api: remove,
    code: 0,
    sends: ["instance.delete", { instance: "s", purge: false }],
  },
  {
    line: "delete down",
    situation: "once it has stopped",
    api: remove,
    code: 0,
    sends: ["instance.delete", { instance: "down", purge: false }],
  },
  { line: "delete old", situation: "in the trash already", api: list, code: 0 },
  {
    line: "delete old -p",
    situation: "out of the trash for good",
    api: remove,
    code: 0,
    sends: ["instance.delete", { instance: "id-old", purge: true }],
  },
  {
    line: "delete up",
    situation: "starting",
    api: list,
    code: 2,
    stderr: "delete failed: Cannot shut down instance up while starting.\nUse --purge to forcefully delete it.\n",
  },
  {
    line: "delete up --purge",
    situation: "starting: that is called off first",
    api: remove,
    code: 0,
    sends: ["operation.cancel", { operation: "op-5" }],
  },
  {
    line: "delete up --purge",
    situation: "a launch that left nothing",
    api: {
      ...remove,
      "instance.delete": () => {
        throw new UserError("instance-not-found", "gone");
      },
    },
    code: 0,
  },
  {
    line: "delete nix web gone",
    situation: "two are missing: nothing is deleted",
    api: list,
    code: 2,
    stderr:
      'delete failed: The following errors occurred:\ninstance "nix" does not exist\ninstance "gone" does not exist\n',
  },
  { line: "delete", situation: "no word", code: 1, stderr: "Name argument or --all is required\n" },
  {
    line: "delete web --all",
    situation: "a name and all",
    code: 1,
    stderr: "Cannot specify name when --all option set\n",
  },
  {
    line: "delete web.good --purge",
    situation: "a snapshot",
    api: remove,
    code: 0,
    sends: ["point.delete", { instance: "web", point: "good" }],
  },
  {
    line: "delete web.nix -p",
    situation: "no such snapshot",
    api: list,
    code: 2,
    stderr: "delete failed: No such snapshot: web.nix\n",
  },
  {
    line: "delete web.auto1 -p",
    situation: "a point that no person made",
    api: list,
    code: 2,
    stderr: "delete failed: No such snapshot: web.auto1\n",
  },
  {
    line: "delete old.first --purge",
    situation: "a snapshot of what is in the trash",
    api: list,
    code: 2,
    stderr: "delete failed: Cannot delete snapshots of deleted instances: old.first\n",
  },
  {
    line: "delete old old.first --purge",
    situation: "with its instance",
    api: remove,
    code: 0,
    sends: ["instance.delete", { instance: "id-old", purge: true }],
  },
  {
    line: "delete web.good",
    situation: "a snapshot, and nobody can be asked",
    api: list,
    code: 2,
    stderr: `${notice}. Unable to query client for confirmation. Please use the \`--purge\` flag if that is what you want.\n\n`,
  },
  {
    line: "delete s web.good",
    situation: "a snapshot and an instance, and nobody can be asked",
    api: list,
    code: 2,
    stderr: `${notice}. Unable to query client for confirmation. Please use the \`--purge\` flag if that is what you want:

\tmultipass delete --purge web.good${" "}

You can use a separate command to delete instances without purging them:

\tmultipass delete s${" "}

`,
  },
  ...["no", "N", ""].map((answer) => ({
    line: "delete web.good",
    situation: `answered with "${answer}"`,
    api: list,
    answers: [answer],
    code: 2,
    stderr: "delete failed: Cancelled.\n",
  })),
  {
    line: "recover old",
    situation: "in the trash",
    api: remove,
    code: 0,
    sends: ["instance.recover", { instance: "old" }],
  },
  { line: "recover web", situation: "alive", api: list, code: 0 },
  {
    line: "recover --all",
    situation: "all that are in it",
    api: remove,
    code: 0,
    sends: ["instance.recover", { instance: "old" }],
  },
  {
    line: "recover nix",
    situation: "missing",
    api: list,
    code: 2,
    stderr: 'recover failed: The following errors occurred:\ninstance "nix" does not exist\n',
  },
  { line: "recover", situation: "no word", code: 1, stderr: "Name argument or --all is required\n" },
  {
    line: "purge",
    situation: "all that are in it",
    api: remove,
    code: 0,
    sends: ["instance.purge", { instance: "old" }],
  },
  { line: "purge web", situation: "a word", code: 1, stderr: "This command takes no arguments\n" },
]);

test("multipass delete: a yes drops the snapshot", async () => {
  const ran = await runLine(["delete", "web.good"], { api: remove, answers: ["what", "Yes"] });
  expect(ran.questions).toEqual([`${notice}. Are you sure you want to continue? (Yes/no): `, "Please answer Yes/no: "]);
  expect(ran.calls.findLast(({ name }) => name === "point.delete")?.input).toMatchObject({ point: "good" });
  expect(ran.code).toBe(0);
});

test("multipass delete: the snapshot goes although the instance only goes to the trash", async () => {
  const ran = await runLine(["delete", "web", "web.good"], { api: remove, answers: ["y"] });
  expect(ran.calls.map(({ name }) => name).filter((name) => name.endsWith("delete"))).toEqual([
    "point.delete",
    "instance.delete",
  ]);
});

const alias = (of: string) => ({ instance: of, command: "ls", "working-directory": "map" }) as const;
const aliases: Aliases = {
  "active-context": "default",
  contexts: { default: { a: alias("old"), b: alias("web") }, other: { c: alias("old") } },
};

for (const line of ["purge", "delete old --purge"])
  test(`multipass ${line}: aliases of what is gone go from every context`, async () => {
    const ran = await runLine(line.split(" "), { api: remove, aliases });
    expect(ran.aliases).toEqual({
      "active-context": "default",
      contexts: { default: { b: alias("web") } },
    });
  });

test("multipass purge: a script that cannot be taken away is said", async () => {
  const write = () => [{ script: "other.c", why: "EACCES" }];
  const scripts = { directory: "/home/someone/bin", isOnPath: true };
  const more = { aliases: { read: () => aliases, write, scripts } };
  const ran = await runLine(["purge"], { api: remove, more });
  expect(ran).toMatchObject({
    code: 0,
    stderr: "Warning: 'EACCES' when removing alias script for other.c\n",
  });
});

test("multipass delete: aliases of what is in the trash stay", async () => {
  const ran = await runLine(["delete", "web"], { api: remove, aliases });
  expect(ran.aliases).toEqual(aliases);
});
