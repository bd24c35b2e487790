/** The table of verbs: when each makes sense, and that its line is one that the command line takes. */
import { expect, test } from "bun:test";
import { verbs as commands } from "../../../src/commands/index.ts";
import { fitting, fittingMany, verbs } from "../../../src/gui/pure/verbs.ts";
import type { InstanceView } from "../../../src/model/view.ts";

type Seen = Parameters<typeof fitting>[0];
const network = { isDetached: false } as InstanceView["network"];
const running: Seen = { state: "Running", power: "running", network };
const stopped: Seen = { state: "Stopped", power: "off", network };
const trash: Seen = { state: "Deleted", power: "off", network };
const names = (instance: Seen) => fitting(instance).map(({ name }) => name);

test("what runs can be stopped, and what is off can be started", () => {
  expect(names(running)).toContain("stop");
  expect(names(running)).not.toContain("start");
  expect(names(stopped)).toContain("start");
  expect(names(stopped)).not.toContain("stop");
});

test("of what is in the trash only recover and purge are left", () => {
  expect(names(trash)).toEqual(["recover", "purge"]);
});

test("a stop that is to come can be called off", () => {
  expect(names({ ...running, stopsAt: "2026-11-28T09:00:00.000Z" })).toContain("stop-never");
  expect(names(running)).not.toContain("stop-never");
});

test("of several, each verb is for those for which it makes sense", () => {
  const many = fittingMany([running, stopped, stopped]);
  expect(many.find(({ verb }) => verb.name === "start")?.instances).toHaveLength(2);
  expect(many.find(({ verb }) => verb.name === "stop")?.instances).toHaveLength(1);
  expect(many.some(({ verb }) => verb.name === "rename")).toBe(false);
});

test("every line begins with a verb of the command line", () => {
  const known = new Set(commands.flatMap(({ name, aliases }) => [name, ...aliases]));
  for (const verb of verbs) expect(known).toContain(verb.words(["web"])[0] ?? "");
});
