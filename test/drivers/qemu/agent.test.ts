/** The client of the guest's agent before one that is late, talks nonsense, or says nothing. */
import { describe, expect, test } from "bun:test";
import { createAgent, settle, willing } from "./agent-stand-in.ts";

const silent = { code: "agent-silent" };

test("asks nothing before the agent has answered a question of this connection's own", async () => {
  const agent = createAgent(willing(() => '{"return":1}\n'));
  const { execute } = await agent.connect();
  expect(await execute("guest-fsfreeze-freeze", 1_000)).toBe(1);
  expect(agent.asked).toEqual(["guest-sync-delimited", "guest-fsfreeze-freeze"]);
  expect(agent.marks).toEqual([true, false]);
});

test("what an agent that was late says to an earlier client is nobody's answer", async () => {
  const late = '{"return":17}\n{"error":{"class":"GenericError","desc":"late"}}\n{"return":{}}\nhalf a li';
  const agent = createAgent(
    willing(() => '{"return":"thawed"}\n'),
    late,
  );
  expect(await (await agent.connect()).execute("guest-fsfreeze-status", 1_000)).toBe("thawed");
});

test("an answer that comes after its time is not taken for that of the next question", async () => {
  const agent = createAgent(willing(() => undefined));
  const { execute } = await agent.connect();
  const freezing = execute("guest-fsfreeze-freeze", 1_000);
  agent.clock.step();
  await expect(freezing).rejects.toMatchObject(silent);
  const thawing = execute("guest-fsfreeze-thaw", 1_000);
  agent.say('{"return":3}\n');
  agent.say('{"return":4}\n');
  expect(await thawing).toBe(4);
});

test("the agent's refusal carries its words", async () => {
  const agent = createAgent(willing(() => '{"error":{"class":"CommandNotFound","desc":"it is disabled"}}\n'));
  const refused = (await agent.connect()).execute("guest-fsfreeze-freeze", 1_000);
  await expect(refused).rejects.toMatchObject({ code: "agent-refused", message: expect.stringMatching(/is disabled/) });
});

describe("an agent that misbehaves ends the connection, and nobody waits for ever", () => {
  const misbehaviours: [string, string | Uint8Array][] = [
    ["garbage", "SSH-2.0-dropbear\r\n"],
    ["a number", "42\n"],
    ["a line without end", Buffer.alloc(2 ** 16 + 1, 0x20)],
  ];
  for (const [name, bytes] of misbehaviours)
    test(name, async () => {
      const agent = createAgent(willing(() => undefined));
      const { execute } = await agent.connect();
      const asked = execute("guest-fsfreeze-freeze", 1_000);
      agent.say(bytes);
      await expect(asked).rejects.toMatchObject({ code: "agent-gone" });
      expect(agent.isClosed()).toBe(true);
      await expect(execute("guest-fsfreeze-thaw", 1_000)).rejects.toMatchObject({ code: "agent-gone" });
    });

  test("one that never answers the sync is given up after 5 s, and no connection is left", async () => {
    const agent = createAgent(() => undefined);
    const connecting = agent.connect();
    await settle();
    agent.clock.step();
    await expect(connecting).rejects.toMatchObject(silent);
    expect([agent.clock.elapsedMs(), agent.isClosed()]).toEqual([5_000, true]);
  });

  test("one that answers the sync with another number is not taken for synced", async () => {
    const agent = createAgent(() => '{"return":1}\n');
    const connecting = agent.connect();
    await settle();
    agent.clock.step();
    await expect(connecting).rejects.toMatchObject(silent);
  });

  test("more than 8 questions are not left open", async () => {
    const agent = createAgent(willing(() => undefined));
    const { execute, close } = await agent.connect();
    const all = Array.from({ length: 9 }, () => execute("guest-fsfreeze-thaw", 1_000));
    all.forEach((each) => each.catch(() => undefined));
    await expect(all.at(-1)).rejects.toMatchObject({ code: "agent-gone", message: expect.stringMatching(/8/) });
    close();
    await expect(all[0]).rejects.toMatchObject({ code: "agent-gone" });
  });

  test("giving up while it connects rejects with the reason", async () => {
    const agent = createAgent(() => undefined);
    const controller = new AbortController();
    const connecting = agent.connect(controller.signal);
    connecting.catch(() => undefined);
    await settle();
    controller.abort(new Error("given up"));
    await expect(connecting).rejects.toThrow("given up");
    expect(agent.isClosed()).toBe(true);
  });
});
