/** `strata stop`: shuts instances down, now or later, or takes their power. */
import type { Ended } from "../api/contract.ts";
import { UserError, exitCodes } from "../errors.ts";
import { parseLifetime } from "../model/lifetime.ts";
import type { InstanceView } from "../model/view.ts";
import { changeAll, type Change, targets } from "./change.ts";
import { allOption, changingOptions, defineVerb, flag, instancesArgument, value } from "./command.ts";
import type { Context } from "./context.ts";
import { madeByTheWay, missedByTheWay } from "./points.ts";

export const stop = defineVerb({
  name: "stop",
  aliases: [],
  group: "instances",
  summary: "Stop running instances",
  about: [
    "The guest is asked to shut down; what its disk is then becomes an automatic point, if it has changed. With --force its power is taken at once, and what it has not written is lost.",
    "With --in it is stopped later, also if the daemon was restarted meanwhile, and whoever is logged in there is told: at once, every five minutes, and each of the last five. --cancel calls that off; so does strata start.",
  ],
  arguments: [{ ...instancesArgument, completes: "running" }],
  options: {
    ...allOption,
    in: value("TIME", "later, for example 10m", parseLifetime),
    cancel: flag("call off a stop that was to come"),
    force: flag("take the power, ask nothing"),
    ...changingOptions,
  },
  examples: [
    { line: "strata stop web", about: "in order" },
    { line: "strata stop --all", about: "every running one" },
    { line: "strata stop --filter label=use=demo", about: "every running one with that label" },
    { line: "strata stop web --in 10m", about: "in ten minutes; strata stop web --cancel calls it off" },
  ],
  async run(context, { words, options }) {
    const { in: inMs, cancel, force, detach, reason } = options;
    refuseSeveral({ "--in": inMs !== undefined, "--cancel": cancel, "--force": force });
    const names = await targets(context, "stop", words, options, cancel ? isToStop : isStoppable);
    const asked = (instance: string) => ({ command: context.newCommand(), ...context.reason(reason), instance });
    const common = { verb: "stop", detach, shape: options };
    if (cancel)
      return changeAll(context, names, {
        ...common,
        done: "Runs on",
        send: (instance) => context.api.call("instance.stop-never", asked(instance)),
      });
    if (inMs !== undefined)
      return changeAll(context, names, {
        ...common,
        ...later(context),
        send: (instance) => context.api.call("instance.stop-later", { ...asked(instance), inMs }),
      });
    return changeAll(context, names, {
      ...common,
      done: "Stopped",
      details: madeByTheWay,
      after: missedByTheWay,
      send: (instance) => context.api.call("instance.stop", { ...asked(instance), force }),
    });
  },
});

const isStoppable = ({ power }: InstanceView): boolean =>
  power !== "off" && power !== "crashed" && power !== "suspended";
const isToStop = ({ stopsAt }: InstanceView): boolean => stopsAt !== undefined;

const later = ({ localTime }: Context): Pick<Change, "done" | "details" | "remark"> => ({
  done: "Stops later",
  details: ({ instance }: Ended) => (instance?.stopsAt === undefined ? [] : [`at ${localTime(instance.stopsAt)}`]),
  remark: ({ instance }: Ended) => (instance ? `(strata stop --cancel ${instance.name} calls it off)` : undefined),
});

function refuseSeveral(given: Readonly<Record<string, boolean>>): void {
  const [first, second] = Object.keys(given).filter((option) => given[option]);
  if (first === undefined || second === undefined) return;
  throw new UserError("options-clash", `stop takes ${first} or ${second}, not both`, {
    exit: exitCodes.usage,
    hints: [["next", "strata stop --help"]],
  });
}
