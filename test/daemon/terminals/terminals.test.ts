/** Terminals that the daemon keeps, over a world and guests of the test's. */
import { describe, expect, test } from "bun:test";
import { stdinWindowBytes } from "../../../src/api/bytes.ts";
import { seatsMax, unattendedMsMax } from "../../../src/daemon/terminals/terminal.ts";
import { goneMax, terminalsMax, terminalsPerInstanceMax } from "../../../src/daemon/terminals/terminals.ts";
import { UserError } from "../../../src/errors.ts";
import { facts, stopped } from "../../spec.ts";
import { ann, terminalBench, until } from "./bench.ts";

const bytes = (text: string) => Buffer.from(text);

describe("a terminal", () => {
  test("is a login shell with the client's size and surroundings, and is recorded as a session", async () => {
    const { open, asked, records, terminals } = terminalBench();
    const view = await open({ directory: "/tmp", environment: { A: "b" } });
    expect(asked).toEqual([
      { environment: { A: "b" }, directory: "/tmp", terminal: { term: "xterm", columns: 80, rows: 24 } },
    ]);
    expect(view).toMatchObject({ number: 1, instance: { id: "i-1", name: "web" }, by: "ann", columns: 80, rows: 24 });
    expect(view).toMatchObject({ attached: 0, leftAt: expect.any(String) });
    expect(records.map(({ type, data }) => [type, data])).toEqual([
      ["instance.session-started", { session: view.id, kind: "shell", arguments: 0, terminal: true }],
    ]);
    expect(terminals.list(undefined)).toEqual([view]);
    expect(terminals.list("i-2")).toEqual([]);
  });

  test("asked for twice with one command is opened once", async () => {
    const { terminals, guests, command } = terminalBench();
    const input = { command: command(), instance: "web", term: "xterm", columns: 80, rows: 24 };
    const views = await Promise.all([terminals.open(input, ann), terminals.open(input, ann)]);
    expect(await terminals.open(input, ann)).toMatchObject({ id: views[0].id });
    expect([views[0].id === views[1].id, guests.length]).toEqual([true, 1]);
  });

  test("that the guest does not start is recorded as failed, and is not listed", async () => {
    const { open, records, refuseWith, terminals } = terminalBench();
    refuseWith(new UserError("guest-unreachable", "it does not answer"));
    await expect(open()).rejects.toMatchObject({ code: "guest-unreachable" });
    expect(records.at(-1)).toMatchObject({ type: "instance.session-ended", data: { result: "failed" } });
    expect(terminals.list(undefined)).toEqual([]);
  });

  test("of an instance that is off is refused, and nothing is recorded", async () => {
    const { open, records } = terminalBench(stopped);
    await expect(open()).rejects.toMatchObject({ code: "instance-not-running" });
    expect(records).toEqual([]);
  });
});

describe("a client", () => {
  test("that comes later sees what was printed, then what is new, and types", async () => {
    const { open, attach, guests } = terminalBench();
    const { id } = await open();
    guests[0]?.stdout.push(bytes("before "));
    await Bun.sleep(1);
    const ours = attach(id);
    await until(() => ours.shown().toString() === "before ");
    expect(ours.json("started")).toEqual({ window: stdinWindowBytes, session: id, replay: 7 });
    guests[0]?.stdout.push(bytes("after"));
    await until(() => ours.shown().toString() === "before after");
    await ours.client.write("stdin", bytes("ls\r"));
    await until(() => guests[0]?.writtenBytes() === 3);
  });

  test("that vanishes leaves the shell running, and the next one goes on", async () => {
    const { open, attach, guests, terminals } = terminalBench();
    const { id } = await open();
    const first = attach(id, { columns: 100, rows: 40 });
    await until(() => first.json("started") !== undefined);
    expect(terminals.list("i-1")[0]).toMatchObject({ attached: 1, columns: 100, rows: 40 });
    expect(terminals.list("i-1")[0]?.leftAt).toBeUndefined();
    first.near.destroy();
    await first.serving;
    guests[0]?.stdout.push(bytes("meanwhile"));
    const second = attach(id, { columns: 72, rows: 21 });
    await until(() => second.shown().toString() === "meanwhile");
    expect(guests[0]?.heard).toEqual(["resize 100 40", "resize 72 21"]);
    await second.client.send("resize", { columns: 70, rows: 20 });
    await until(() => guests[0]?.heard.includes("resize 70 20") ?? false);
  });

  test("hears how the shell ended, after all that it printed", async () => {
    const { open, attach, guests, records, terminals } = terminalBench();
    const { id } = await open();
    const ours = attach(id);
    guests[0]?.stdout.push(bytes("bye"));
    guests[0]?.finish({ code: 3 });
    await ours.reading;
    expect([ours.shown().toString(), ours.json("exit")]).toEqual(["bye", { code: 3 }]);
    expect(records.at(-1)).toMatchObject({ type: "instance.session-ended", data: { result: "3" }, by: ann });
    expect(terminals.list(undefined)).toMatchObject([{ id, attached: 0, gone: { result: "3" } }]);
    const late = attach(id);
    await late.reading;
    expect(late.json("error")).toMatchObject({ error: { code: "terminal-gone" } });
  });

  test("without a right id, or with one too many, is refused", async () => {
    const { open, attach } = terminalBench();
    const { id } = await open();
    const wrong = attach("nowhere");
    await wrong.reading;
    expect(wrong.json("error")).toMatchObject({ error: { code: "terminal-not-found" } });
    const seated = Array.from({ length: seatsMax }, () => attach(id));
    await until(() => seated.every((each) => each.json("started") !== undefined));
    const last = attach(id);
    await last.reading;
    expect(last.json("error")).toMatchObject({ error: { code: "terminal-crowded" } });
  });

  test("that grants bytes gets exactly as many, and the guest is held back meanwhile", async () => {
    const { open, attach, guests } = terminalBench();
    const { id } = await open();
    const ours = attach(id, { window: 100_000 });
    for (let count = 0; count < 1_000; count++) guests[0]?.stdout.push(new Uint8Array(10_000));
    await until(() => ours.shown().length === 100_000);
    await Bun.sleep(5);
    expect(ours.shown().length).toBe(100_000);
    expect(guests[0]?.stdout.waiting()).toBeGreaterThan(950);
    await ours.client.send("window", { bytes: 50_000 });
    await until(() => ours.shown().length === 150_000);
    await ours.client.send("window", { bytes: 2 ** 30 });
    await until(() => ours.shown().length === 10_000_000);
  });

  test.each([
    ["a grant of nothing", "window", { bytes: 0 }],
    ["a size of nothing", "resize", { columns: 0, rows: 1 }],
    ["a signal: a terminal has keys for that", "signal", { name: "INT" }],
    ["a frame of the daemon's", "exit", { code: 0 }],
  ] as const)("that breaks the protocol is told so, and the shell runs on: %s", async (_, type, value) => {
    const { open, attach, terminals } = terminalBench();
    const { id } = await open();
    const ours = attach(id);
    await ours.client.send(type, value);
    await ours.reading;
    expect(ours.json("error")).toMatchObject({ error: { code: "frame-invalid" } });
    expect(terminals.list(undefined)).toMatchObject([{ id, attached: 0 }]);
  });

  test("may send no more stdin than the window, also to a shell that reads nothing", async () => {
    const { open, attach, guests } = terminalBench();
    const { id } = await open();
    Object.assign(guests[0]?.channel ?? {}, { write: () => new Promise(() => {}) });
    const ours = attach(id);
    for (let sent = 0; sent <= stdinWindowBytes; sent += 65_536)
      await ours.client.write("stdin", new Uint8Array(65_536));
    await ours.reading;
    expect(ours.json("error")).toMatchObject({ error: { code: "frame-invalid" } });
  });
});

describe("an end", () => {
  test("by terminal.close hangs the shell up, is told to who is attached, and is recorded with who did it", async () => {
    const { open, attach, guests, records, terminals } = terminalBench();
    const { id } = await open();
    // One that takes nothing hears it too.
    const ours = attach(id, { window: 0 });
    guests[0]?.stdout.push(bytes("unread"));
    await until(() => ours.json("started") !== undefined);
    const bob = { ...ann, id: "unix:2", name: "bob" };
    expect(await terminals.close(id, bob)).toMatchObject({ id, gone: { result: "closed" } });
    expect(await terminals.close(id, bob)).toMatchObject({ gone: { result: "closed" } });
    await ours.reading;
    expect(ours.json("error")).toMatchObject({ error: { code: "terminal-closed" } });
    expect(guests[0]?.heard).toEqual(["signal HUP", "close"]);
    expect(records.at(-1)).toMatchObject({ data: { result: "closed" }, by: { name: "bob" } });
    await expect(terminals.close("nowhere", ann)).rejects.toMatchObject({ code: "terminal-not-found" });
  });

  test("comes with the instance's stop, also where a client takes nothing", async () => {
    const { open, attach, guests, happen, terminals } = terminalBench();
    const { id } = await open();
    const ours = attach(id, { window: 0 });
    guests[0]?.stdout.push(bytes("unread"));
    happen(facts.stopRequested);
    expect(terminals.list(undefined)[0]?.gone).toBeUndefined();
    happen(facts.stopped("user", "op-2"));
    await ours.reading;
    expect(ours.json("error")).toMatchObject({ error: { code: "terminal-closed" } });
    expect(terminals.list(undefined)).toMatchObject([{ gone: { result: "lost: the instance does not run any more" } }]);
  });

  test("that the guest brings about while it is asked to stop says so", async () => {
    const { open, guests, happen, terminals } = terminalBench();
    await open();
    happen(facts.stopRequested);
    guests[0]?.finish({ signal: "HUP" });
    await until(() => terminals.list(undefined)[0]?.gone !== undefined);
    expect(terminals.list(undefined)[0]?.gone?.result).toBe("lost: stop of the instance");
  });

  test("comes after a week in which nobody was attached, and not before", async () => {
    const { open, attach, clock, terminals, records } = terminalBench();
    const { id } = await open();
    const ours = attach(id);
    await until(() => ours.json("started") !== undefined);
    expect(clock.step()).toBe(false);
    ours.near.destroy();
    await ours.serving;
    clock.step();
    expect(clock.elapsedMs()).toBe(unattendedMsMax);
    await until(() => terminals.list(undefined)[0]?.gone !== undefined);
    expect(records.at(-1)).toMatchObject({ data: { result: "unattended" }, by: { kind: "daemon" } });
  });
});

describe("bounds", () => {
  test("of one instance: another one is refused until one has ended, and numbers go on", async () => {
    const { open, guests, terminals } = terminalBench();
    const views = await Promise.all(Array.from({ length: terminalsPerInstanceMax }, () => open()));
    expect(views.map(({ number }) => number).toSorted((a, b) => a - b)).toEqual(views.map((_, index) => index + 1));
    await expect(open()).rejects.toMatchObject({ code: "terminals-full" });
    guests[0]?.finish({ code: 0 });
    await until(() => terminals.list(undefined).some(({ gone }) => gone !== undefined));
    expect((await open()).number).toBe(terminalsPerInstanceMax + 1);
    expect(terminalsPerInstanceMax).toBeLessThan(terminalsMax);
  });

  test("of what is told of those that have ended", async () => {
    const { open, terminals } = terminalBench();
    for (let count = 0; count < goneMax + 5; count++) await terminals.close((await open()).id, ann);
    expect(terminals.list(undefined)).toHaveLength(goneMax);
    expect(terminals.list(undefined).at(-1)?.number).toBe(goneMax + 5);
  });
});
