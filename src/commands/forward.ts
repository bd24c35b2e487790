/** `strata forward`: ports of the host that lead into instances. */
import { UserError, exitCodes } from "../errors.ts";
import { formatHostPort, forwardForm, isSamePort, parseForward, parseHostPort, reachedAt } from "../model/forward.ts";
import type { Forward } from "../model/forward.ts";
import type { InstanceView } from "../model/view.ts";
import { forwardsView } from "../render/forwards.ts";
import { type At, atOption, instancesOf, sayAsOf } from "./at.ts";
import { changeAll } from "./change.ts";
import { changingOptions, defineVerb } from "./command.ts";
import type { Context, Shape } from "./context.ts";

const actions = ["add", "list", "remove"] as const;
type Action = (typeof actions)[number];
type Given = Shape & { readonly reason: string | undefined };

export const forward = defineVerb({
  name: "forward",
  aliases: [],
  group: "inside",
  summary: "Lead ports of this machine into an instance",
  about: [
    `PORT is ${forwardForm}. Without BIND it is reached from this machine alone (127.0.0.1); 0.0.0.0 is every address of it. Without HOSTPORT, or with 0, one that is free is chosen and said.`,
    "A forward belongs to the instance: it is there whenever that runs, also after a restart of the daemon or of this machine, is part of its snapshots, and can be undone. A fork has none, because a port leads to one place. Where somebody else has the port meanwhile, list says who, and it is tried again until it works.",
    "add is not needed when the instance is not called add, list or remove. A port may be removed as it was added, or as HOSTPORT[/udp] alone.",
  ],
  arguments: [
    {
      name: "ACTION",
      about: "add, list or remove; without it, INSTANCE alone lists and INSTANCE PORT adds",
      required: false,
      many: false,
      completes: "instance",
    },
    { name: "INSTANCE", about: "name of an instance", required: false, many: false, completes: "instance" },
    { name: "PORT", about: forwardForm, required: false, many: true },
  ],
  options: { reason: changingOptions.reason, ...atOption },
  examples: [
    { line: "strata forward web 8080:80", about: "http://127.0.0.1:8080 is port 80 of web" },
    { line: "strata forward add web 0.0.0.0:5353:53/udp", about: "for other machines too" },
    { line: "strata forward", about: "every forward, and what became of it" },
    { line: "strata forward remove web 8080", about: "lets go of the port" },
  ],
  async run(context, { words, options }) {
    const { action, instance, ports } = readWords(words);
    if (action === "list") return list(context, instance, options.at, options);
    if (instance === undefined || ports.length === 0) throw missing(action, instance);
    const wanted = action === "add" ? ports.map(parseForward) : [];
    if (action === "add") return each(wanted, (port) => add(context, instance, port, options));
    return each(ports.map(parseHostPort), (port) => remove(context, instance, port, options));
  },
});

/** The first word is an action, or the instance's name. */
function readWords(words: readonly string[]): {
  readonly action: Action;
  readonly instance: string | undefined;
  readonly ports: readonly string[];
} {
  const action = actions.find((each) => each === words[0]);
  const [instance, ...ports] = action === undefined ? words : words.slice(1);
  return { action: action ?? (ports.length === 0 ? "list" : "add"), instance, ports };
}

function missing(action: Action, instance = "INSTANCE"): UserError {
  const port = action === "add" ? "8080:80" : "8080";
  return new UserError("argument-missing", `forward ${action} needs an instance and a port`, {
    exit: exitCodes.usage,
    hints: [
      ["form", `strata forward ${action} INSTANCE PORT...`],
      ["next", action === "remove" ? `strata forward list` : `strata forward ${action} ${instance} ${port}`],
    ],
  });
}

/** One after the other: each is an operation of its own, and the first that fails is the last. */
async function each<Port>(ports: readonly Port[], work: (port: Port) => Promise<number>): Promise<number> {
  for (const port of ports) await work(port);
  return exitCodes.ok;
}

async function list(context: Context, instance: string | undefined, at: At | undefined, shape: Shape): Promise<number> {
  const { asOf, instances } = await instancesOf(context, at, instance === undefined ? [] : [instance]);
  if (asOf) sayAsOf(context, asOf);
  if (instances.every(({ forwards }) => forwards === undefined)) context.say("No ports are forwarded.");
  await context.show(forwardsView(instances, asOf), shape);
  return exitCodes.ok;
}

function add(context: Context, instance: string, wanted: Forward, given: Given): Promise<number> {
  let made: Forward = wanted;
  return changeAll(context, [instance], {
    verb: "forward",
    done: "Forwarded",
    detach: false,
    shape: given,
    title: () => `${formatHostPort(made)} to port ${made.guest} of ${instance}`,
    after: ({ instance: now }) => afterLines(now, made),
    send: async () => {
      const { reason } = given;
      const answer = await context.api.call("forward.add", {
        command: context.newCommand(),
        ...context.reason(reason),
        instance,
        ...wanted,
      });
      made = newest(answer.instance, wanted);
      return answer;
    },
  });
}

/** With the port that was chosen. */
const newest = (instance: InstanceView | undefined, wanted: Forward): Forward =>
  instance?.forwards?.findLast(
    ({ protocol, bind, host, guest }) =>
      protocol === wanted.protocol &&
      bind === wanted.bind &&
      guest === wanted.guest &&
      (wanted.host === 0 || host === wanted.host),
  ) ?? wanted;

function afterLines(instance: InstanceView | undefined, made: Forward): string[] {
  const now = instance?.forwards?.find((one) => isSamePort(one, made));
  if (instance?.power !== "running") return [`waits       until it runs: strata start ${instance?.name ?? "INSTANCE"}`];
  if (now?.failure) return [`not yet     ${now.failure.reason}; it is tried again`];
  return [`reached at  ${reachedAt(made)}`];
}

function remove(
  context: Context,
  instance: string,
  { protocol, host, bind }: ReturnType<typeof parseHostPort>,
  given: Given,
): Promise<number> {
  return changeAll(context, [instance], {
    verb: "forward remove",
    done: "Removed",
    detach: false,
    shape: given,
    title: () => `${bind === undefined ? "" : `${bind}:`}${host}/${protocol} of ${instance}`,
    send: () =>
      context.api.call("forward.remove", {
        command: context.newCommand(),
        ...context.reason(given.reason),
        instance,
        protocol,
        host,
        ...(bind !== undefined && { bind }),
      }),
  });
}
