import { describe, expect, test } from "bun:test";
import { viewInstance } from "../../src/events/projections/instances.ts";
import { commandsRememberedMax, emptyWorld, evolveWorld, freezeWorld, thawWorld } from "../../src/events/world.ts";
import { nextStep } from "../../src/events/instance/steps.ts";
import { type Fact, facts, recordOf, running, stopped, worldOf } from "../spec.ts";

const wordOf = (...given: readonly Fact[]) => {
  const state = worldOf(given).instances.get("i-1");
  if (!state) return "absent";
  const { state: word, power, health } = viewInstance(state);
  return `${word} ${power} ${health}`;
};

describe("state words, power and health", () => {
  test.each([
    ["a launch that waits for its image", [facts.launchRequested], "Starting off none"],
    ["a launch that boots", [facts.launchRequested, facts.imageReady, facts.diskCreated], "Starting starting none"],
    [
      "a guest that has not answered yet",
      [facts.launchRequested, facts.imageReady, facts.diskCreated, facts.booted("op-1")],
      "Starting running booting",
    ],
    ["a launched instance", running, "Running running ready"],
    ["an instance that stops", [...running, facts.stopRequested], "Stopping stopping ready"],
    ["a stopped instance", stopped, "Stopped off none"],
    ["a crashed machine", [...running, facts.stopped("crash")], "Crashed crashed none"],
    ["a guest after its own reset", [...running, { type: "instance.reset" }], "Running running unreachable"],
    ["a deleted instance", [...stopped, facts.deleteRequested, facts.deleted], "Deleted off none"],
    [
      "a purged instance",
      [
        ...stopped,
        facts.deleteRequested,
        facts.deleted,
        facts.purgeRequested,
        { type: "instance.purged", operation: "op-4" },
      ],
      "absent",
    ],
    [
      "a launch that was taken back",
      [
        facts.launchRequested,
        facts.abandoned("op-1", "image"),
        {
          type: "instance.launch-failed",
          operation: "op-1",
          data: { step: "image", code: "x", reason: "y", result: "failed", kept: false },
        },
      ],
      "absent",
    ],
  ] as [string, Fact[], string][])("%s", (_name, given, expected) => expect(wordOf(...given)).toBe(expected));
});

describe("steps", () => {
  const stepOf = (...given: readonly Fact[]) => {
    const pending = worldOf(given).instances.get("i-1")?.pending;
    return pending && nextStep(pending);
  };
  test("follow one another", () => {
    expect(stepOf(facts.launchRequested)).toBe("image");
    expect(stepOf(facts.launchRequested, facts.imageReady)).toBe("disk");
    expect(stepOf(facts.launchRequested, facts.imageReady, facts.diskCreated)).toBe("boot");
    expect(stepOf(...running, facts.restartRequested)).toBe("stop");
    expect(stepOf(...running, facts.restartRequested, facts.stopped("user", "op-2"))).toBe("boot");
  });
  test("of an abandoned launch take it back", () =>
    expect(stepOf(facts.launchRequested, facts.abandoned("op-1", "image"))).toBe("destroy"));
});

describe("the world", () => {
  test("frees name, address and pending operation of what is gone", () => {
    const world = worldOf([
      ...stopped,
      facts.deleteRequested,
      facts.deleted,
      facts.purgeRequested,
      { type: "instance.purged", operation: "op-4" },
    ]);
    expect([world.names.size, world.addresses.size, world.macs.size, world.pending.size]).toEqual([0, 0, 0, 0]);
    expect(world.nextNumber).toBe(5);
    expect(world.nextOrdinal).toBe(2);
  });
  test("survives freezing and thawing", () => {
    const world = worldOf([...running, facts.stopRequested]);
    const thawed = thawWorld(JSON.parse(JSON.stringify(freezeWorld(world))));
    expect(thawed).toEqual(world);
  });
  test("remembers a bounded number of commands, the newest", () => {
    const world = emptyWorld();
    const by = { kind: "user", id: "unix:1", name: "u", role: "admin", via: "unix" } as const;
    for (let position = 1; position <= commandsRememberedMax + 5; position++) {
      evolveWorld(
        world,
        recordOf({ type: "access.refused", version: 1, stream: "access/daemon", data: {} }, position, {
          by,
          operation: `op-${position}`,
        }),
      );
    }
    expect(world.commands.size).toBe(commandsRememberedMax);
    expect(world.commands.has("c-5")).toBe(false);
    expect(world.commands.has("c-6")).toBe(true);
  });
});
