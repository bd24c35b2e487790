/** `strata network`: networks of strata's own, who is in them, and instances that are cut off. */
import { UserError, exitCodes } from "../errors.ts";
import { parseNetworkName } from "../model/network-word.ts";
import { parseAddress, parseSubnet } from "../model/subnet.ts";
import { leasesView, networksView, networkView } from "../render/networks.ts";
import { type At, atOption, placeOf, sayAsOf } from "./at.ts";
import { changeAll } from "./change.ts";
import { changingOptions, defineVerb, flag, value } from "./command.ts";
import type { Context, Shape } from "./context.ts";

const actions = ["create", "delete", "list", "show", "leases", "detach", "attach"] as const;
type Action = (typeof actions)[number];

interface Given extends Shape {
  readonly subnet: string | undefined;
  readonly nat: boolean;
  readonly isolated: boolean;
  readonly at: At | undefined;
  readonly reason: string | undefined;
}

export const network = defineVerb({
  name: "network",
  aliases: [],
  group: "networks",
  summary: "Make networks, see who is in them, cut an instance off",
  about: [
    "Every instance is in the network default, unless launch --network says another. Instances of one network reach each other by address and by name (web, web.strata). The instances of an isolated network see nothing but each other; with --nat they see the outside too.",
    "detach takes an instance off its network while it runs: nothing goes in or out, what runs inside goes on, and it stays so over restarts until attach. That is how one isolates a machine that may be compromised. strata console shows what it prints.",
    "leases says who had which address, and when, also of instances that are gone.",
  ],
  arguments: [
    { name: "ACTION", about: `${actions.join(", ")} (list)`, required: false, many: false, choices: actions },
    {
      name: "NAME",
      about: "a network; an address with leases, an instance with detach and attach",
      required: false,
      many: false,
    },
  ],
  options: {
    subnet: value("CIDR", "with create: its addresses, for example 10.90.0.0/24", parseSubnet),
    isolated: flag("with create: its instances see only each other; so it is without --nat"),
    nat: flag("with create: its instances see the outside too"),
    ...atOption,
    reason: changingOptions.reason,
  },
  examples: [
    { line: "strata network create lab", about: "an isolated network" },
    { line: "strata network create dmz --nat", about: "one with a way out" },
    { line: "strata network show lab", about: "who has which address" },
    { line: "strata network show default --at 2h", about: "who had which two hours ago" },
    { line: "strata network detach web", about: "cuts it off, and leaves it running" },
  ],
  run: (context, { words: [action = "list", name], options }) => act(context, action as Action, name, options),
});

function act(context: Context, action: Action, name: string | undefined, given: Given): Promise<number> {
  refuseOptions(action, given);
  switch (action) {
    case "create":
      return create(context, parseNetworkName(needed(action, name, "strata network create lab")), given);
    case "delete":
      return remove(context, needed(action, name, "strata network list"), given);
    case "detach":
    case "attach":
      return setCable(context, action, needed(action, name, "strata list"), given);
    case "show":
      return show(context, name ?? "default", given);
    case "leases":
      return leases(context, name, given);
    default:
      if (name !== undefined)
        throw usage("argument-unwanted", "network list takes no name", `strata network show ${name}`);
      return list(context, given);
  }
}

async function list(context: Context, given: Given): Promise<number> {
  const { asOf, networks } = await context.api.call("network.list", when(context, given));
  if (asOf) sayAsOf(context, asOf);
  await context.show(networksView(networks, asOf), given);
  return exitCodes.ok;
}

async function show(context: Context, name: string, given: Given): Promise<number> {
  const { asOf, network, addresses } = await context.api.call("network.show", { name, ...when(context, given) });
  if (asOf) sayAsOf(context, asOf);
  await context.show(networkView(network, addresses, asOf), given);
  return exitCodes.ok;
}

async function leases(context: Context, address: string | undefined, given: Given): Promise<number> {
  const asked = address === undefined ? {} : { address: parseAddress(address) };
  const found = await context.api.call("network.leases", asked);
  if (found.length === 0)
    context.say(address === undefined ? "No instance had an address yet." : `Nobody had ${address}.`);
  await context.show(leasesView(found), given);
  return exitCodes.ok;
}

const create = (context: Context, name: string, { subnet, nat, ...given }: Given): Promise<number> =>
  changeAll(context, [name], {
    verb: "network create",
    done: "Created",
    detach: false,
    shape: given,
    shown: `network ${name}`,
    send: () =>
      context.api.call("network.create", {
        command: context.newCommand(),
        ...context.reason(given.reason),
        name,
        kind: nat ? "nat" : "isolated",
        ...(subnet !== undefined && { subnet }),
      }),
  });

const remove = (context: Context, name: string, given: Given): Promise<number> =>
  changeAll(context, [name], {
    verb: "network delete",
    done: "Deleted",
    detach: false,
    shape: given,
    shown: `network ${name}`,
    send: () =>
      context.api.call("network.delete", { command: context.newCommand(), ...context.reason(given.reason), name }),
  });

function setCable(context: Context, action: "detach" | "attach", instance: string, given: Given): Promise<number> {
  const remark = () =>
    action === "detach" ? `(nothing goes in or out until strata network attach ${instance})` : undefined;
  return changeAll(context, [instance], {
    verb: `network ${action}`,
    done: action === "detach" ? "Detached" : "Attached",
    detach: false,
    shape: given,
    remark,
    send: () =>
      context.api.call(`network.${action}`, {
        command: context.newCommand(),
        ...context.reason(given.reason),
        instance,
      }),
  });
}

const when = (context: Context, { at }: Given) => (at === undefined ? {} : { at: placeOf(at, context) });

/** Options of one action mean nothing with another. */
function refuseOptions(action: Action, { subnet, nat, isolated, at }: Given): void {
  const isCreate = action === "create";
  if (!isCreate && (subnet !== undefined || nat || isolated))
    throw usage("option-unfit", `network ${action} makes no network`, "strata network create NAME");
  if (nat && isolated)
    throw usage("option-unfit", "a network is isolated or nat, not both", "strata network create NAME --nat");
  if (at !== undefined && action !== "list" && action !== "show")
    throw usage("option-unfit", `network ${action} is about now`, "strata network show NAME --at 2h");
}

function needed(action: Action, name: string | undefined, next: string): string {
  if (name !== undefined) return name;
  const what = action === "detach" || action === "attach" ? "an instance" : "a network";
  throw usage("argument-missing", `network ${action} needs the name of ${what}`, next);
}

const usage = (code: string, message: string, next: string): UserError =>
  new UserError(code, message, { exit: exitCodes.usage, hints: [["next", next]] });
