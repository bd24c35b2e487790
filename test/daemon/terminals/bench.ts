/** Terminals of a world in memory, whose guests the test plays; and clients at them. */
import { createFrameStream } from "../../../src/api/frame-stream.ts";
import type { Frame } from "../../../src/api/bytes.ts";
import { receiveOpen, refuse } from "../../../src/daemon/session-frames.ts";
import { contract, type Input } from "../../../src/api/contract.ts";
import { serveTerminal } from "../../../src/daemon/terminals/attach.ts";
import { createTerminals, type TerminalPorts } from "../../../src/daemon/terminals/terminals.ts";
import { type Command, decide } from "../../../src/events/decide.ts";
import type { Actor, Recorded } from "../../../src/events/envelope.ts";
import { evolveWorld, type World } from "../../../src/events/world.ts";
import { socketPair } from "../../api/sockets.ts";
import { createSimulatedClock } from "../../simulation/clock.ts";
import { keyring, seededIds } from "../../simulation/ports.ts";
import { seededRandom } from "../../simulation/random.ts";
import { recordOf, running, worldOf, type Fact } from "../../spec.ts";
import { fakeChannel } from "../channels.ts";

export const ann: Actor = { kind: "user", id: "unix:1", name: "ann", role: "admin", via: "unix" };

/** The log of a world: decides and folds at once, and tells who listens. */
function logOf(world: World) {
  const records: Recorded[] = [];
  const listeners = new Set<(records: readonly Recorded[]) => void>();
  const add = (facts: readonly Fact[], by?: Actor) => {
    for (const { type, data = {}, operation } of facts) {
      const event = { type, version: 1, stream: "instance/i-1", data };
      const extra = { ...(operation !== undefined && { operation }), ...(by && { by }) };
      const record = recordOf(event, world.position + 1, extra);
      evolveWorld(world, record);
      records.push(record);
    }
    for (const listener of listeners) listener(records);
  };
  return { records, listeners, add };
}

export function terminalBench(facts: readonly Fact[] = running) {
  const world = worldOf(facts);
  const log = logOf(world);
  const clock = createSimulatedClock();
  const guests: ReturnType<typeof fakeChannel>[] = [];
  const asked: unknown[] = [];
  let refusal: Error | undefined;
  const ports = {
    clock,
    ids: seededIds(seededRandom(1), clock),
    report: () => {},
    keyring,
    dispatcher: {
      world: () => world,
      dispatch: async (command: Command, { by }: { by: Actor }) => log.add(decide(command, world) as Fact[], by),
    },
    log: {
      mode: () => ({ kind: "writable" }),
      subscribe: (listener: () => void) => {
        log.listeners.add(listener);
        return () => log.listeners.delete(listener);
      },
    },
    guests: {
      pool: {
        open: async (_id: string, _address: unknown, request: unknown) => {
          asked.push(request);
          if (refusal) throw refusal;
          const guest = fakeChannel();
          guests.push(guest);
          return guest.channel;
        },
      },
    },
  } as unknown as TerminalPorts;
  const terminals = createTerminals(ports);
  let serial = 0;
  const command = () => `0199d2a0-0000-7000-8000-${String(++serial).padStart(12, "0")}`;
  return {
    world,
    clock,
    guests,
    asked,
    terminals,
    command,
    records: log.records,
    happen: (...happened: Fact[]) => log.add(happened),
    refuseWith: (error: Error | undefined) => (refusal = error),
    open: (more: Partial<Input<"terminal.open">> = {}) =>
      terminals.open({ command: command(), instance: "web", term: "xterm", columns: 80, rows: 24, ...more }, ann),
    attach: (id: string, more: Partial<Input<"terminal.attach">> = {}) => attach(terminals, id, more),
  };
}

type Terminals = ReturnType<typeof createTerminals>;

/** A client at a terminal, over a connection in memory. */
function attach(terminals: Terminals, id: string, more: Partial<Input<"terminal.attach">>) {
  const [near, far] = socketPair();
  const served = createFrameStream(far);
  const serving = receiveOpen(served, contract["terminal.attach"].input)
    .then((input) => serveTerminal(served, terminals.find(input.terminal), input))
    .catch((error: unknown) => refuse(served, error));
  const client = createFrameStream(near);
  void client.send("open", { terminal: id, columns: 80, rows: 24, ...more });
  const frames: Frame[] = [];
  const reading = (async () => {
    for (let frame = await client.read(); frame; frame = await client.read()) frames.push(frame);
  })();
  const json = (type: Frame["type"]) => {
    const frame = frames.find((each) => each.type === type);
    return frame && (JSON.parse(Buffer.from(frame.payload).toString()) as Record<string, unknown>);
  };
  const shown = () => Buffer.concat(frames.filter(({ type }) => type === "stdout").map(({ payload }) => payload));
  return { client, near, serving, reading, json, shown };
}

/** Waits for a condition that other work brings about. */
export async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 2_000; tries++) {
    if (condition()) return;
    await Bun.sleep(1);
  }
  throw new Error("the condition did not come true");
}
