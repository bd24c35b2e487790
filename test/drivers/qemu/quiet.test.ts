/** File systems of a guest that must never stand still for long: agents that are late with a freeze, or with the thaw after it. */
import { expect, test } from "bun:test";
import { findAgent, freezeFileSystems, thaw, untilThawed } from "../../../src/drivers/qemu/quiet.ts";
import type { Life } from "../../../src/drivers/qemu/life.ts";
import type { Qmp } from "../../../src/drivers/qemu/qmp.ts";
import { createTurns } from "../../../src/sys/turns.ts";
import type { Files } from "../../../src/sys/files.ts";
import { createAgent, settle, willing } from "./agent-stand-in.ts";

const { signal } = new AbortController();
const asksForFreeze = "guest-fsfreeze-freeze";
const asksForThaw = "guest-fsfreeze-thaw";

/** A machine whose record says that its file systems may stand still. */
function createLife({ sockets, clock }: ReturnType<typeof createAgent>) {
  let record = Buffer.from(
    JSON.stringify({
      phase: "live",
      boot: "b",
      runtime: "r",
      uid: 0,
      accelerator: "tcg",
      cpu: "c",
      build: "b",
      freezing: { layer: "l-1", next: "l-2", isQuiet: true },
    }),
  );
  const files = {
    stat: async () => ({}),
    read: async () => record,
    writeAtomically: async (_path: string, bytes: Uint8Array) => void (record = Buffer.from(bytes)),
  } as unknown as Files;
  const life = {
    context: { clock, sockets, files },
    paths: { agent: "/agent", run: "/run.json" },
    turns: createTurns(),
    qmp: {},
    isReleased: false,
    closing: signal,
    thawing: undefined,
  } as unknown as Life;
  return { life, freezing: () => JSON.parse(record.toString()).freezing };
}

test("an agent that is late with the freeze is asked to thaw on the same connection, and nothing counts as quiet", async () => {
  const agent = createAgent(willing(() => undefined));
  const { life, freezing } = createLife(agent);
  const client = await agent.connect();
  const isFrozen = freezeFileSystems(client);
  agent.clock.step();
  expect([await isFrozen, agent.clock.elapsedMs()]).toEqual([false, 10_000]);
  const isThawed = thaw(life, client);
  expect(agent.asked.slice(-2)).toEqual([asksForFreeze, asksForThaw]);
  // Now it does what it was asked, one after the other.
  agent.say('{"return":2}\n{"return":2}\n');
  expect(await isThawed).toBe(true);
  expect(life.thawing).toBeUndefined();
  expect(freezing()).toBeDefined();
});

test("one that does not thaw is asked again until it does; meanwhile no other work is begun, and then it is forgotten", async () => {
  let answers = 0;
  const agent = createAgent(
    willing(({ execute }) => (execute === asksForFreeze || ++answers > 2 ? '{"return":1}\n' : undefined)),
  );
  const { life, freezing } = createLife(agent);
  const client = await agent.connect();
  expect(await freezeFileSystems(client)).toBe(true);
  const isThawed = thaw(life, client);
  agent.clock.step();
  expect(await isThawed).toBe(false);

  const refused = untilThawed(life, signal);
  refused.catch(() => undefined);
  await settle();
  agent.clock.step();
  await expect(refused).rejects.toMatchObject({ code: "guest-frozen" });
  while (life.thawing !== undefined) {
    await settle();
    agent.clock.step();
  }
  await settle();
  expect(agent.asked.filter((asked) => asked === asksForThaw)).toHaveLength(3);
  expect(freezing()).toBeUndefined();
  await untilThawed(life, signal);
});

test("one that was thawed by somebody else refuses, and says so", async () => {
  const agent = createAgent(
    willing(({ execute }) =>
      execute === "guest-fsfreeze-status" ? '{"return":"thawed"}\n' : '{"error":{"desc":"it is not frozen"}}\n',
    ),
  );
  const { life } = createLife(agent);
  expect(await thaw(life, await agent.connect())).toBe(true);
});

test("a machine that ended, or a driver that lets go, ends the asking", async () => {
  for (const end of [{ qmp: undefined }, { isReleased: true }]) {
    const agent = createAgent(willing(() => undefined));
    const { life } = createLife(agent);
    const isThawed = thaw(life, await agent.connect());
    Object.assign(life, end);
    agent.clock.step();
    expect(await isThawed).toBe(false);
    await life.thawing;
    expect(agent.isClosed()).toBe(true);
  }
});

test("a guest without an agent is not waited for", async () => {
  const agent = createAgent(() => undefined);
  const { life } = createLife(agent);
  const chardevs = [{ label: "agent", "frontend-open": false, filename: "" }];
  const qmp = { execute: async () => chardevs } as unknown as Qmp;
  expect(await findAgent(life, qmp, signal)).toBeUndefined();
  expect([agent.asked, agent.clock.elapsedMs()]).toEqual([[], 0]);
});

test("an agent that freezes nothing makes nothing quiet", async () => {
  for (const answer of ['{"return":0}\n', '{"return":"all"}\n', '{"error":{"desc":"no"}}\n']) {
    const agent = createAgent(willing(() => answer));
    expect(await freezeFileSystems(await agent.connect())).toBe(false);
  }
});
