/** The daemon's end of the switch's socket: orders out, answers and news in, and a look now and then whether it still moves. */
import { UserError } from "../../errors.ts";
import type { Clock } from "../../sys/clock.ts";
import type { Sockets } from "../../sys/socket.ts";
import type { NetworkWanted } from "../network.ts";
import { createLines, daemonGreeting, lineOf, parseLine, Say } from "./messages.ts";
import type { Order } from "./messages.ts";

const answerMs = 5_000;
const pingMs = 10_000;

export interface Control {
  /** Of the switch. */
  readonly version: string;
  readonly pid: number;
  /** Instances whose cables are all there. Rejects with `network-unavailable` when it does not answer in time. */
  ask(table: NetworkWanted): Promise<readonly string[]>;
  /** It has no more to do. Resolves when it is gone, or was given up. */
  end(): Promise<void>;
  close(): void;
}

export interface ControlHandlers {
  news(message: Extract<Say, { say: "lost" | "refusals" }>): void;
  /** Called once, whoever closed. */
  closed(): void;
  /** It is there, but says nothing any more. */
  stuck(): void;
}

export interface ControlPorts {
  readonly sockets: Sockets;
  readonly clock: Clock;
}

/** Rejects with the system's error where nobody listens, or with `network-unavailable`. */
export async function connectControl(
  { sockets, clock }: ControlPorts,
  path: string,
  handlers: ControlHandlers,
  signal: AbortSignal,
): Promise<Control> {
  const waiting = new Map<number, (answer: readonly string[] | undefined) => void>();
  const hello = Promise.withResolvers<Extract<Say, { say: "hello" }> | undefined>();
  const gone = Promise.withResolvers<void>();
  let serial = 0;

  const hear = (message: Say) => {
    if (message.say === "hello") hello.resolve(message);
    else if (message.say === "done") waiting.get(message.id)?.(message.plugged);
    else handlers.news(message);
  };
  const lines = createLines((text) => {
    const message = Say.safeParse(parseLine(text)).data;
    if (message) hear(message);
  });
  const closed = () => {
    cancelPing();
    hello.resolve(undefined);
    for (const settle of waiting.values()) settle(undefined);
    gone.resolve();
    handlers.closed();
  };
  const socket = await sockets.connect(
    { path },
    { data: (bytes) => lines.push(bytes) || socket.close(), closed },
    signal,
  );
  const send = (order: Order) => socket.write(lineOf(order));
  /** Undefined: no answer in time. */
  const awaitAnswer = (begin: (id: number) => void) =>
    new Promise<readonly string[] | undefined>((resolve) => {
      const id = ++serial;
      const cancel = clock.after(answerMs, () => settle(undefined));
      const settle = (answer: readonly string[] | undefined) => {
        cancel();
        waiting.delete(id);
        resolve(answer);
      };
      waiting.set(id, settle);
      begin(id);
    });
  const ping = async () => {
    if ((await awaitAnswer((id) => send({ order: "ping", id }))) === undefined) handlers.stuck();
    else cancelPing = clock.after(pingMs, ping);
  };
  let cancelPing = clock.after(pingMs, ping);

  socket.write(daemonGreeting);
  const cancel = clock.after(answerMs, () => hello.resolve(undefined));
  const greeted = await hello.promise;
  cancel();
  if (!greeted) {
    socket.close();
    throw silent();
  }
  return {
    version: greeted.version,
    pid: greeted.pid,
    async ask(table) {
      const answer = await awaitAnswer((id) => send({ order: "table", id, table }));
      if (answer === undefined) throw silent();
      return answer;
    },
    async end() {
      send({ order: "end" });
      const late = Promise.withResolvers<void>();
      const disarm = clock.after(answerMs, late.resolve);
      await Promise.race([gone.promise, late.promise]);
      disarm();
      socket.close();
    },
    close: () => socket.close(),
  };
}

const silent = () => new UserError("network-unavailable", "the switch of the user-mode network does not answer");
