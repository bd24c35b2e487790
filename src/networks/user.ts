/** The user-mode network: each machine has one to itself, and a switch of ours between it and its card, a process that outlives the daemon. */
import { UserError, messageOf } from "../errors.ts";
import type { Clock } from "../sys/clock.ts";
import { isAlive, type Processes } from "../sys/process.ts";
import type { ProcessIdentity } from "../sys/process-facts.ts";
import type { Sockets } from "../sys/socket.ts";
import { createTurns } from "../sys/turns.ts";
import type { OpenDescriptor } from "../sys/unix-descriptor.ts";
import type { NetworkBackend, NetworkWanted, Refusal } from "./network.ts";
import { connectControl } from "./switch/control.ts";
import type { Control } from "./switch/control.ts";
import { cableGreeting, cableEnds } from "./switch/messages.ts";
import type { CableEnd } from "./switch/messages.ts";

export interface UserNetworkOptions {
  /** Of the switch. */
  readonly socket: string;
  readonly version: string;
  readonly sockets: Sockets;
  readonly clock: Clock;
  readonly processes: Pick<Processes, "facts" | "kill">;
  /** Starts the switch's process, which then listens at `socket`. */
  launch(): ProcessIdentity;
  /** A connection to be handed over. */
  connect(path: string, greeting: string): OpenDescriptor;
  /** Leads the frames of a running machine through cables; see `LinkSupport.plug`. */
  plug(instance: string, cables: Record<CableEnd, OpenDescriptor>, signal: AbortSignal): Promise<void>;
  /** Its cables are not what is left of a plugging that was cut off; see `LinkSupport.isPlugged`. */
  isPlugged(instance: string, signal: AbortSignal): Promise<boolean>;
  readonly report: (line: string) => void;
}

/** From its start to its first answer, on a busy host. */
const launchMs = 20_000;
const lookMs = 50;
/** After what was lost, all is made anew: at once, and less and less often while that fails. */
const againMs = 200;
const againMsMax = 10_000;
/** Whoever goes back to an earlier point stops and starts: a switch without machines stays for so long. */
const lingerMs = 5_000;

export function createUserNetwork(options: UserNetworkOptions): NetworkBackend {
  const { socket, version, clock, processes, report } = options;
  const listeners = new Set<(refusals: readonly Refusal[]) => void>();
  const closing = new AbortController();
  let wanted: NetworkWanted = { networks: [], ports: [] };
  let control: Control | undefined;
  const turns = createTurns();
  let failures = 0;
  /** Plugged in by this daemon, or found whole: those whose cables need no look. */
  const whole = new Set<string>();
  let cancelAgain = () => {};
  let cancelLeave = () => {};

  const end = ({ pid }: Control) => {
    const facts = processes.facts(pid);
    if (facts) processes.kill(facts, "SIGKILL");
  };
  const connect = async (): Promise<Control> => {
    let made: Control | undefined;
    made = await connectControl(
      options,
      socket,
      {
        news: (message) => {
          if (message.say === "lost") again();
          else for (const listener of listeners) listener(message.refusals);
        },
        closed: () => {
          if (!made || control !== made) return;
          control = undefined;
          again();
        },
        stuck: () => {
          if (!made) return;
          report(`network: the switch, process ${made.pid}, hangs and is ended`);
          end(made);
          made.close();
        },
      },
      closing.signal,
    );
    return made;
  };
  const launched = async (signal: AbortSignal): Promise<Control> => {
    const started = options.launch();
    const deadlineMs = clock.monotonicMs() + launchMs;
    for (;;) {
      await clock.sleep(lookMs, signal);
      const hasEnded = !isAlive(processes, started);
      const made = await connect().catch(() => undefined);
      if (made) return made;
      if (hasEnded) throw new UserError("network-unavailable", "the switch of the user-mode network ends at its start");
      if (clock.monotonicMs() > deadlineMs)
        throw new UserError("network-unavailable", "the switch of the user-mode network does not start");
    }
  };
  const retire = async (last: Control) => {
    await last.end();
    // One that does not hear has to go all the same.
    end(last);
  };
  /** The one of an earlier daemon too; but one of another version gives way. */
  const reach = async (signal: AbortSignal): Promise<Control> => {
    if (control) return control;
    const found = await connect().catch(() => undefined);
    if (found && found.version !== version) await retire(found);
    control = found && found.version === version ? found : await launched(signal);
    return control;
  };
  const dismiss = async () => {
    const last = control ?? (await connect().catch(() => undefined));
    control = undefined;
    if (last) await retire(last);
  };
  const leave = async () => {
    if (wanted.ports.length === 0) await dismiss();
  };
  const make = async (signal: AbortSignal) => {
    cancelLeave();
    if (wanted.ports.length === 0) {
      cancelLeave = clock.after(lingerMs, () => void turns(leave).catch(() => undefined));
      return;
    }
    const plugged = new Set(await (await reach(signal)).ask(wanted));
    for (const instance of whole) if (!plugged.has(instance)) whole.delete(instance);
    const unknown = wanted.ports.filter(({ instance }) => !whole.has(instance));
    const done = await Promise.allSettled(
      unknown.map(async ({ instance }) => {
        const isWhole = plugged.has(instance) && (await options.isPlugged(instance, signal));
        if (!isWhole) await plugOne(options, instance, signal);
        whole.add(instance);
        return isWhole;
      }),
    );
    for (const each of done) if (each.status === "rejected") throw each.reason;
    if (done.every((each) => each.status === "fulfilled" && each.value)) failures = 0;
  };
  const inTurn = (signal: AbortSignal): Promise<void> => turns(() => make(signal));
  const again = () => {
    cancelAgain();
    if (closing.signal.aborted || wanted.ports.length === 0) return;
    const pauseMs = Math.min(againMsMax, againMs * 2 ** failures);
    failures = Math.min(failures + 1, 10);
    cancelAgain = clock.after(pauseMs, () =>
      inTurn(closing.signal).catch((error: unknown) => {
        if (closing.signal.aborted) return;
        report(`network: ${messageOf(error)}`);
        again();
      }),
    );
  };

  return {
    apply(next, signal) {
      wanted = next;
      return inTurn(AbortSignal.any([signal, closing.signal]));
    },
    watch(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      closing.abort();
      cancelAgain();
      cancelLeave();
      await turns(async () => undefined);
      const last = control;
      control = undefined;
      if (last && wanted.ports.length === 0) await retire(last);
      else last?.close();
    },
  };
}

/** A machine that has ended meanwhile needs none: whoever wants its port will notice. */
async function plugOne(
  { socket, connect, plug }: UserNetworkOptions,
  instance: string,
  signal: AbortSignal,
): Promise<void> {
  const open: OpenDescriptor[] = [];
  const cable = (end: CableEnd): OpenDescriptor => {
    const made = connect(socket, cableGreeting(instance, end));
    open.push(made);
    return made;
  };
  try {
    const cables = Object.fromEntries(cableEnds.map((end) => [end, cable(end)])) as Record<CableEnd, OpenDescriptor>;
    await plug(instance, cables, signal);
  } catch (error) {
    if (!(error instanceof UserError && error.code === "machine-not-running")) throw error;
  } finally {
    for (const each of open) each.close();
  }
}
