/** The calls about ports of the host that lead into instances: looked at before they are recorded, and true when they are answered. */
import type { Accepted, Input } from "../../api/contract.ts";
import type { CallHandlers } from "../../api/server.ts";
import { UserError, exitCodes } from "../../errors.ts";
import { portHolder } from "../../events/instance/forwards.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import { viewInstance } from "../../events/projections/instances.ts";
import type { World } from "../../events/world.ts";
import { formatHostPort, type Forward, type HostPort } from "../../model/forward.ts";
import { refusal, whyNot } from "../forwards/ports.ts";
import { resolveInstance } from "../resolve.ts";
import { answerAgain, change } from "./change.ts";
import type { Caller, Daemon } from "./context.ts";

const recordMs = 60_000;
/** Free ports of the host that are looked at until one is promised to no instance. */
const triesMax = 50;

type Names = "forward.add" | "forward.remove";

export function forwardHandlers(daemon: Daemon): Pick<CallHandlers<Caller>, Names> {
  const { dispatcher, clock } = daemon;
  const opens = (id: string, operation: string) => ({
    id,
    operation,
    deadline: new Date(clock.now().getTime() + recordMs).toISOString(),
  });
  return {
    "forward.add": async (input, caller) => {
      const seen = dispatcher.remembered(input.command);
      if (seen) return answerAgain(daemon, seen);
      const { id } = resolveInstance(dispatcher.world(), input.instance);
      const forward = await admit(daemon, await chosen(daemon, input));
      const build = (_world: World, operation: string) =>
        ({ type: "add-forward", ...forward, ...opens(id, operation) }) as const;
      return settled(daemon, id, await change(daemon, caller, input, build, "has that forward already"));
    },
    "forward.remove": async (input, caller) => {
      const seen = dispatcher.remembered(input.command);
      if (seen) return answerAgain(daemon, seen);
      const state = resolveInstance(dispatcher.world(), input.instance);
      const { protocol, bind, host } = found(state, input);
      const build = (_world: World, operation: string) =>
        ({ type: "remove-forward", protocol, bind, host, ...opens(state.id, operation) }) as const;
      return settled(daemon, state.id, await change(daemon, caller, input, build, "has no such forward"));
    },
  };
}

/** What was asked for is true when it is answered, or known not to be. */
async function settled({ forwards, dispatcher }: Daemon, id: string, answer: Accepted): Promise<Accepted> {
  await forwards.settle(id);
  const state = dispatcher.world().instances.get(id);
  return { ...answer, ...(state && { instance: viewInstance(state) }) };
}

/** With a port of the host, where any would do. Throws `no-free-port`. */
async function chosen({ hostPorts, dispatcher }: Daemon, input: Input<"forward.add">): Promise<Forward> {
  const { protocol, bind, host, guest } = input;
  if (host !== 0) return { protocol, bind, host, guest };
  for (let tries = 0; tries < triesMax; tries++) {
    const free = { protocol, bind, host: await freePort(hostPorts, { protocol, bind }), guest };
    if (portHolder(dispatcher.world().ports, free) === undefined) return free;
  }
  throw new UserError("no-free-port", `no port of ${bind} is free`, { exit: exitCodes.failed });
}

function freePort(hostPorts: Daemon["hostPorts"], port: Omit<HostPort, "host">): Promise<number> {
  return hostPorts.free(port).catch((error: unknown) => {
    throw new UserError("address-not-here", `this host has no address ${port.bind}`, {
      hints: [["next", "ip -4 -br address"]],
      cause: error,
    });
  });
}

/** A port that an instance has by the log is the rules' business; who else has one, only the host knows. */
async function admit({ dispatcher, hostPorts }: Daemon, wanted: Forward): Promise<Forward> {
  if (portHolder(dispatcher.world().ports, wanted) !== undefined) return wanted;
  const failure = await whyNot(hostPorts, wanted);
  if (failure) throw refusal(failure, wanted);
  return wanted;
}

/** Throws `forward-not-found` and `forward-ambiguous`. */
function found({ name, forwards = [] }: InstanceState, { protocol, bind, host }: Input<"forward.remove">): HostPort {
  const fitting = forwards.filter(
    (each) => each.protocol === protocol && each.host === host && (bind === undefined || each.bind === bind),
  );
  const [first, second] = fitting;
  if (first && second) {
    throw new UserError("forward-ambiguous", `"${name}" has ${fitting.length} forwards at ${host}/${protocol}`, {
      exit: exitCodes.usage,
      hints: fitting
        .slice(0, 2)
        .map((each) => ["next", `strata forward remove ${name} ${each.bind}:${host}/${protocol}`]),
    });
  }
  if (first) return first;
  const [other] = forwards;
  const shown = bind === undefined ? `${host}/${protocol}` : formatHostPort({ protocol, bind, host });
  throw new UserError("forward-not-found", `"${name}" has no forward at ${shown}`, {
    hints: [
      ...(forwards.length === 1 && other ? ([["did you mean", formatHostPort(other)]] as const) : []),
      ["next", `strata forward list ${name}`],
    ],
  });
}
