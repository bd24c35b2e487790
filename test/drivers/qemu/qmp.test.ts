import { describe, expect, test } from "bun:test";
import { connectQmp } from "../../../src/drivers/qemu/qmp.ts";
import type { QmpEvent } from "../../../src/drivers/qemu/qmp.ts";
import { createSimulatedClock } from "../../simulation/clock.ts";
import { agree, createStandIn, greeting } from "./stand-in.ts";
import type { StandIn } from "./stand-in.ts";

function connect(standIn: StandIn) {
  const clock = createSimulatedClock();
  const events: QmpEvent[] = [];
  const closings: string[] = [];
  const controller = new AbortController();
  const handlers = {
    event: (event: QmpEvent) => events.push(event),
    closed: (reason: string) => closings.push(reason),
  };
  const connecting = connectQmp(
    { sockets: standIn.sockets, clock },
    { path: "/s" },
    handlers,
    controller.signal,
    5_000,
  );
  connecting.catch(() => undefined);
  return { connecting, clock, events, closings, abort: () => controller.abort(new Error("given up")) };
}

/** Lets everything that is due happen. */
const settle = async () => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

test("greets, takes the capabilities and gives each command its own answer, whatever the order", async () => {
  const held: string[] = [];
  const standIn = createStandIn(greeting, (command) =>
    command.execute === "qmp_capabilities" ? agree(command) : void held.push(command.id),
  );
  const qmp = await connect(standIn).connecting;
  const [first, second] = [qmp.execute("query-name"), qmp.execute("query-status", { x: 1 })];
  await settle();
  for (const id of held.toReversed()) standIn.send(`{"return":"answer ${id}","id":"${id}"}\n`);
  expect(await first).toBe(`answer ${held[0]}`);
  expect(await second).toBe(`answer ${held[1]}`);
  expect(standIn.received.map(({ execute }) => execute)).toEqual(["qmp_capabilities", "query-name", "query-status"]);
});

test("half lines, several lines at once and a cut character become whole messages", async () => {
  const standIn = createStandIn(greeting.slice(0, 7), agree);
  const { connecting, events } = connect(standIn);
  standIn.send(greeting.slice(7));
  await connecting;
  const bytes = Buffer.from('{"event":"A","data":{"who":"é"}}\n{"event":"B"}\n{"event"');
  const cut = bytes.indexOf(0xa9);
  standIn.send(bytes.subarray(0, cut));
  standIn.send(bytes.subarray(cut));
  standIn.send(':"C","timestamp":{"seconds":1}}\n\n');
  await settle();
  expect(events).toEqual([
    { name: "A", data: { who: "é" } },
    { name: "B", data: {} },
    { name: "C", data: {} },
  ]);
});

test("an event says when it happened, as far as QEMU knows", async () => {
  const standIn = createStandIn(greeting, agree);
  const { connecting, events } = connect(standIn);
  await connecting;
  standIn.send('{"event":"STOP","timestamp":{"seconds":1700000000,"microseconds":250500}}\n');
  standIn.send('{"event":"RESUME","timestamp":{"seconds":-1,"microseconds":-1}}\n');
  await settle();
  expect(events).toEqual([
    { name: "STOP", data: {}, atMs: 1_700_000_000_250.5 },
    { name: "RESUME", data: {} },
  ]);
});

test("QEMU's refusal is an error that carries its words", async () => {
  const standIn = createStandIn(greeting, (command) =>
    command.execute === "qmp_capabilities"
      ? agree(command)
      : `{"error":{"class":"GenericError","desc":"no such thing"},"id":"${command.id}"}\n`,
  );
  const qmp = await connect(standIn).connecting;
  await expect(qmp.execute("nonsense")).rejects.toMatchObject({
    code: "qmp-refused",
    message: "QEMU refused: no such thing",
  });
});

describe("a QEMU that misbehaves ends the connection, and nobody waits for ever", () => {
  const misbehaviours: [string, string | Uint8Array, RegExp][] = [
    ["garbage", "SSH-2.0-dropbear\r\n", /no QMP message/],
    ["a number", "42\n", /no QMP message/],
    ["an answer without an id", '{"return":{}}\n', /no QMP message/],
    ["a huge line", Buffer.alloc(4 * 2 ** 20 + 1, 0x20), /more than 4194304 bytes/],
  ];
  for (const [name, bytes, reason] of misbehaviours)
    test(name, async () => {
      const standIn = createStandIn(greeting, (command) =>
        command.execute === "qmp_capabilities" ? agree(command) : undefined,
      );
      const { connecting, closings } = connect(standIn);
      const pending = (await connecting).execute("query-name");
      standIn.send(bytes);
      await expect(pending).rejects.toMatchObject({ code: "qmp-closed", message: expect.stringMatching(reason) });
      await settle();
      expect(closings).toHaveLength(1);
      expect(standIn.isClosed()).toBe(true);
    });

  test("a disconnect rejects what is pending, and every later command", async () => {
    const standIn = createStandIn(greeting, (command) =>
      command.execute === "qmp_capabilities" ? agree(command) : undefined,
    );
    const { connecting, closings } = connect(standIn);
    const qmp = await connecting;
    const pending = qmp.execute("query-name");
    standIn.hangUp();
    await expect(pending).rejects.toMatchObject({ code: "qmp-closed" });
    await expect(qmp.execute("query-name")).rejects.toMatchObject({ code: "qmp-closed" });
    standIn.hangUp();
    expect(closings).toHaveLength(1);
  });

  test("a silent greeting times out after 5 s and leaves no connection", async () => {
    const standIn = createStandIn("", agree);
    const { connecting, clock, closings } = connect(standIn);
    await settle();
    clock.step();
    await expect(connecting).rejects.toMatchObject({ code: "qmp-timeout" });
    expect([clock.elapsedMs(), standIn.isClosed(), closings.length]).toEqual([5_000, true, 0]);
  });

  test("a slow command times out alone; its late answer is for nobody", async () => {
    const standIn = createStandIn(greeting, (command) => (command.execute === "slow" ? undefined : agree(command)));
    const { connecting, clock } = connect(standIn);
    const qmp = await connecting;
    const slow = qmp.execute("slow", {}, 50);
    clock.step();
    await expect(slow).rejects.toMatchObject({ code: "qmp-timeout" });
    standIn.send('{"return":{},"id":"2"}\n');
    expect(await qmp.execute("query-name")).toEqual({});
  });

  test("more than 64 unanswered commands are refused", async () => {
    const standIn = createStandIn(greeting, (command) =>
      command.execute === "qmp_capabilities" ? agree(command) : undefined,
    );
    const qmp = await connect(standIn).connecting;
    const all = Array.from({ length: 65 }, () => qmp.execute("query-name"));
    all.forEach((each) => each.catch(() => undefined));
    await expect(all.at(-1)).rejects.toMatchObject({ message: "QEMU has 64 commands unanswered" });
    qmp.close();
  });

  test("giving up while it connects rejects with the reason", async () => {
    const standIn = createStandIn("", agree);
    const { connecting, abort } = connect(standIn);
    await settle();
    abort();
    await expect(connecting).rejects.toThrow("given up");
    expect(standIn.isClosed()).toBe(true);
  });
});

test("a command that is not answered in time makes QEMU silent, until anything comes from it", async () => {
  const standIn = createStandIn(greeting, (command) =>
    command.execute === "qmp_capabilities" ? agree(command) : undefined,
  );
  const { connecting, clock } = connect(standIn);
  const qmp = await connecting;
  const asked = qmp.execute("query-status", undefined, 3_000);
  asked.catch(() => undefined);
  expect(qmp.isSilent()).toBe(false);
  clock.step();
  await expect(asked).rejects.toMatchObject({ code: "qmp-timeout" });
  expect(qmp.isSilent()).toBe(true);
  standIn.send('{"return":{"status":"running"},"id":"2"}\r\n');
  await settle();
  expect(qmp.isSilent()).toBe(false);
});
