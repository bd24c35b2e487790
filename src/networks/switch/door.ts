/** Who comes to the switch's socket: the daemon, with orders, and ends of cables. */
import type { Clock } from "../../sys/clock.ts";
import type { Connection, ConnectionHandlers } from "../../sys/unix-listener.ts";
import { createLines, Greeting, lineOf, Order, parseLine } from "./messages.ts";
import type { Say } from "./messages.ts";
import type { Switch } from "./switch.ts";

/** A report at most each second, as `NetworkBackend.watch` promises. */
const reportMs = 1_000;
const greetingBytesMax = 1_024;
/** A daemon that reads nothing is told no more. */
const toldBytesMax = 2 ** 20;

export interface Door {
  accept(connection: Connection): ConnectionHandlers;
  /** To the daemon, if there is one. */
  tell(message: Say): void;
  hasDaemon(): boolean;
  close(): void;
}

export interface DoorOptions {
  readonly made: Switch;
  readonly clock: Clock;
  readonly version: string;
  readonly pid: number;
  /** The daemon has no more use for the switch. */
  readonly end: () => void;
}

export function createDoor({ made, clock, version, pid, end }: DoorOptions): Door {
  let daemon: Connection | undefined;
  const tell = (message: Say) => {
    if (daemon && daemon.waiting() < toldBytesMax) daemon.write(Buffer.from(lineOf(message)));
  };
  const obey = (order: Order) => {
    if (order.order === "end") return end();
    if (order.order === "table") made.setTable(order.table);
    tell({ say: "done", id: order.id, plugged: made.plugged() });
  };
  const serveDaemon = (connection: Connection): ConnectionHandlers => {
    daemon?.close();
    daemon = connection;
    tell({ say: "hello", version, pid });
    const lines = createLines((text) => {
      const order = Order.safeParse(parseLine(text)).data;
      if (order) obey(order);
      else connection.close();
    });
    return {
      data: (bytes) => lines.push(bytes) || connection.close(),
      closed: () => {
        if (daemon === connection) daemon = undefined;
      },
    };
  };
  const report = () => {
    const refusals = daemon ? made.refusals() : [];
    if (refusals.length > 0) tell({ say: "refusals", refusals });
    cancel = clock.after(reportMs, report);
  };
  let cancel = clock.after(reportMs, report);

  return {
    accept: (connection) =>
      greeted(connection, (text) => {
        const greeting = Greeting.safeParse(parseLine(text)).data;
        if (greeting?.kind === "daemon") return serveDaemon(connection);
        return greeting && made.attach(greeting.instance, greeting.end, connection);
      }),
    tell,
    hasDaemon: () => daemon !== undefined,
    close: () => cancel(),
  };
}

/** Reads the first line, then hands on what follows it. */
function greeted(
  connection: Connection,
  choose: (greeting: string) => ConnectionHandlers | undefined,
): ConnectionHandlers {
  let chosen: ConnectionHandlers | undefined;
  let before: Uint8Array = new Uint8Array(0);
  return {
    data(bytes) {
      if (chosen) return chosen.data(bytes);
      before = Buffer.concat([before, bytes]);
      const at = before.indexOf(0x0a);
      if (at < 0 && before.length <= greetingBytesMax) return;
      chosen = at < 0 ? undefined : choose(Buffer.from(before.subarray(0, at)).toString());
      if (!chosen) return connection.close();
      if (before.length > at + 1) chosen.data(before.subarray(at + 1));
    },
    closed: () => chosen?.closed(),
  };
}
