/** snapshot, restore, clone: of stopped instances only, in the reference's words. */
import { expect, test } from "bun:test";
import { UserError } from "../../../src/errors.ts";
import { ended, instance, runLine, table } from "./harness.ts";
import { made, point, tree } from "./points.ts";

const running = instance("web");
const stopped = instance("db", { state: "Stopped", power: "off" });
const cloned = instance("db-clone1", { state: "Stopped", power: "off", labels: { zone: "zone2" } });
const gone = instance("old", { state: "Deleted", power: "off" });
const list = { "instance.list": () => [running, stopped, cloned, gone] };
const taking = ended("snapshot", made("snapshot3"));
const take = { ...list, "point.snapshot": taking.accepted, "operation.follow": taking.follow };
const refuses = (code: string) => ({
  ...list,
  "point.snapshot": () => {
    throw new UserError(code, "in strata's words");
  },
});
const notThere = (verb: string) => `${verb} failed: instance "nix" does not exist\n`;
const inTrash = (verb: string) => `${verb} failed: instance "old" is deleted\n`;

table([
  {
    line: "snapshot db",
    situation: "a name is made",
    api: take,
    code: 0,
    stdout: "Snapshot taken: db.snapshot3\n",
    sends: ["point.snapshot", { instance: "db", withMemory: false }],
  },
  {
    line: ["snapshot", "db", "-n", "good", "-c", "before it all"],
    situation: "with a name and a note",
    api: take,
    code: 0,
    stdout: "Snapshot taken: db.snapshot3\n",
    sends: ["point.snapshot", { instance: "db", name: "good", comment: "before it all" }],
  },
  {
    line: ["snapshot", "db", "-mnote", "--name=good"],
    situation: "the other letter for the note",
    api: take,
    code: 0,
    stdout: "Snapshot taken: db.snapshot3\n",
    sends: ["point.snapshot", { name: "good", comment: "note" }],
  },
  {
    line: "snapshot web",
    situation: "running",
    api: list,
    code: 2,
    stderr: "snapshot failed: Multipass can only take snapshots of stopped instances.\n",
  },
  { line: "snapshot nix", situation: "missing", api: list, code: 2, stderr: notThere("snapshot") },
  { line: "snapshot old", situation: "in the trash", api: list, code: 2, stderr: inTrash("snapshot") },
  {
    line: "snapshot db --name a.b",
    situation: "a name that is none here",
    api: list,
    code: 2,
    stderr: 'snapshot failed: Invalid snapshot name: "a.b".\n',
  },
  {
    line: "snapshot db --name last",
    situation: "a name that strata does not give",
    api: refuses("point-name-invalid"),
    code: 2,
    stderr: 'snapshot failed: Invalid snapshot name: "last".\n',
  },
  {
    line: "snapshot db --name good",
    situation: "a name that is taken",
    api: refuses("point-exists"),
    code: 2,
    stderr: "snapshot failed: Snapshot already exists: db.good\n",
  },
  { line: "snapshot", situation: "no word", code: 1, stderr: "Need the name of an instance to snapshot.\n" },
  { line: "snapshot a b", situation: "two words", code: 1, stderr: "Too many arguments supplied\n" },
]);

const restoring = ended("restore", made("snapshot4"));
const points = {
  ...list,
  "point.tree": () => [tree("db", point("good"), point("auto1", { kind: "auto", parent: "good" }))],
};
const restore = {
  ...points,
  "point.snapshot": restoring.accepted,
  "point.restore": restoring.accepted,
  "operation.follow": restoring.follow,
};
const question = "Do you want to take a snapshot of db before discarding its current state? (Yes/no): ";

table([
  {
    line: "restore db.good --destructive",
    situation: "nothing is kept",
    api: restore,
    code: 0,
    stdout: "Snapshot restored: db.good\n",
    sends: ["point.restore", { instance: "db", point: "good", discard: true, diskOnly: true }],
  },
  {
    line: "restore db.good",
    situation: "nobody can be asked",
    api: restore,
    code: 2,
    stderr:
      "Unable to query client for confirmation. Use '--destructive' to automatically discard current machine state.\n",
  },
  {
    line: "restore db.good",
    situation: "the terminal is closed at the question",
    api: restore,
    answers: [],
    code: 2,
    stderr: "restore failed: Cancelled.\n",
  },
  {
    line: "restore db.nix -d",
    situation: "no such snapshot",
    api: restore,
    code: 2,
    stderr: "restore failed: No such snapshot: db.nix\n",
  },
  {
    line: "restore db.auto1 -d",
    situation: "a point that no person made",
    api: restore,
    code: 2,
    stderr: "restore failed: No such snapshot: db.auto1\n",
  },
  {
    line: "restore web.good",
    situation: "running",
    api: restore,
    code: 2,
    stderr: "restore failed: Multipass can only restore snapshots of stopped instances.\n",
  },
  { line: "restore nix.good", situation: "missing", api: list, code: 2, stderr: notThere("restore") },
  { line: "restore old.good", situation: "in the trash", api: list, code: 2, stderr: inTrash("restore") },
  {
    line: "restore",
    situation: "no word",
    code: 1,
    stderr: "Need the name of an instance and snapshot to restore.\n",
  },
  { line: "restore a.b c.d", situation: "two words", code: 1, stderr: "Too many arguments supplied.\n" },
  ...["db", "db.", ".good", "db.a.b"].map((word) => ({
    line: `restore ${word}`,
    situation: "another form",
    code: 1,
    stderr:
      "Invalid format. Please specify the instance to restore and snapshot to use in the form <instance>.<snapshot>.\n",
  })),
]);

for (const answer of ["", "y", "YES"])
  test(`multipass restore: "${answer}" keeps the present as a snapshot`, async () => {
    const ran = await runLine(["restore", "db.good"], { api: restore, answers: ["maybe", answer] });
    expect(ran.stdout).toBe("Snapshot taken: db.snapshot4\nSnapshot restored: db.good\n");
    expect(ran.questions).toEqual([question, "Please answer Yes/no: "]);
    expect(ran.calls.find(({ name }) => name === "point.snapshot")?.input).toMatchObject({
      instance: "db",
      comment: "Before restoring good",
    });
    expect(ran.code).toBe(0);
  });

test('multipass restore: "no" throws the present away', async () => {
  const ran = await runLine(["restore", "db.good"], { api: restore, answers: ["no"] });
  expect(ran.stdout).toBe("Snapshot restored: db.good\n");
  expect(ran.calls.some(({ name }) => name === "point.snapshot")).toBe(false);
  expect(ran.calls.find(({ name }) => name === "point.restore")?.input).toMatchObject({ discard: true });
});

const copying = ended("fork", { ...made("auto7"), instance: instance("copy") });
const clone = {
  ...list,
  "point.snapshot": copying.accepted,
  "instance.fork": copying.accepted,
  "settings.set": () => ({}),
  "operation.follow": copying.follow,
};

table([
  {
    line: "clone db",
    situation: "a name is made",
    api: clone,
    code: 0,
    stdout: "Cloned from db to copy.\n",
    sends: ["instance.fork", { instance: "db", point: "auto7", starts: false, isClone: true }],
  },
  {
    line: "clone db -n copy",
    situation: "with a name",
    api: clone,
    code: 0,
    stdout: "Cloned from db to copy.\n",
    sends: ["instance.fork", { instance: "db", name: "copy" }],
  },
  {
    line: "clone db-clone1 --name copy",
    situation: "in the zone of its source",
    api: clone,
    code: 0,
    stdout: "Cloned from db-clone1 to copy.\n",
    sends: ["settings.set", { key: "local.copy.label.zone", value: "zone2" }],
  },
  {
    line: "clone web",
    situation: "running",
    api: list,
    code: 2,
    stderr: "clone failed: Please stop instance web before you clone it.\n",
  },
  {
    line: "clone db --name 1x",
    situation: "a name that is none",
    api: list,
    code: 2,
    stderr: "clone failed: Invalid destination instance name: 1x\n",
  },
  {
    line: "clone db --name old",
    situation: "a name that is taken",
    api: list,
    code: 2,
    stderr: 'clone failed: instance "old" already exists\n',
  },
  { line: "clone nix", situation: "missing", api: list, code: 2, stderr: notThere("clone") },
  { line: "clone old", situation: "in the trash", api: list, code: 2, stderr: inTrash("clone") },
  { line: "clone", situation: "no word", code: 1, stderr: "Please provide the name of the source instance.\n" },
  { line: "clone a b", situation: "two words", code: 1, stderr: "Too many arguments.\n" },
]);
