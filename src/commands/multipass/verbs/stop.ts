/** `multipass stop`: in order, later, or by taking the power. */
import type { Accepted } from "../../../api/contract.ts";
import { UserError } from "../../../errors.ts";
import { lifetimeMsMax } from "../../../model/lifetime.ts";
import type { InstanceView } from "../../../model/view.ts";
import { flag, text } from "../../command.ts";
import type { MultipassContext } from "../context.ts";
import { namesOf, pick } from "../instances.ts";
import { performEach, sayingOf } from "../perform.ts";
import { endPending, isBeingPrepared, shutdownFault, stopUnderWay } from "../power.ts";
import type { State } from "../states.ts";
import { failedForSelection, lineError } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";
import { allFlag, namesArgument } from "../words.ts";

export const stop = defineMultipassVerb({
  name: "stop",
  aliases: [],
  summary: "Stop running instances",
  about: "Stop the named instances: their guests are asked to shut down.",
  syntax: "[<name> ...]",
  arguments: [namesArgument],
  options: {
    ...allFlag,
    time: text("time", "Minutes from now until the stop; whoever is logged in there is told", "t"),
    cancel: flag("Call off a stop that was to come", "c"),
    force: flag("Take the power at once; what a guest has not written is lost"),
  },
  async run(context, { words, options }) {
    const names = namesOf(context, words, options);
    const way = readWay(options);
    const { views, faults, stateOf } = await pick(context, names);
    if (faults.length > 0) throw failedForSelection("stop", faults);
    const items = views.filter((view) => stateOf(view) !== "Unavailable");
    return performEach(context, { verb: "stop", says: sayingOf("Stopping", names), items }, (view) => ({
      what: `stop ${view.name}`,
      send: () => send(context, { view, state: stateOf(view) }, way),
    }));
  },
});

type Way = { readonly by: "order"; readonly minutes: number } | { readonly by: "force" } | { readonly by: "cancel" };

function readWay({
  time,
  cancel,
  force,
}: {
  readonly time: string | undefined;
  readonly cancel: boolean;
  readonly force: boolean;
}): Way {
  if (time !== undefined && cancel) throw lineError("Cannot set 'time' and 'cancel' options at the same time");
  if (force && (time !== undefined || cancel))
    throw lineError("Cannot set 'force' along with 'time' or 'cancel' options at the same time");
  const digits = (time ?? "0").replace(/^\+/, "");
  if (!/^\d+$/.test(digits)) throw lineError("Time must be in digit form");
  if (force) return { by: "force" };
  return cancel ? { by: "cancel" } : { by: "order", minutes: Number(digits) };
}

interface Found {
  readonly view: InstanceView;
  readonly state: State;
}

function send(context: MultipassContext, found: Found, way: Way): Promise<Accepted> {
  switch (way.by) {
    case "cancel":
      return cancel(context, found.view);
    case "force":
      return takePower(context, found.view);
    case "order":
      return shutDown(context, found, way.minutes);
  }
}

/** One that is not to stop needs nothing. */
async function cancel({ api, newCommand }: MultipassContext, { name, stopsAt }: InstanceView): Promise<Accepted> {
  return stopsAt === undefined ? {} : api.call("instance.stop-never", { command: newCommand(), instance: name });
}

async function takePower(context: MultipassContext, view: InstanceView): Promise<Accepted> {
  const { name, operation } = view;
  if (operation?.kind === "launch" || operation?.kind === "fork")
    throw new UserError("operation-pending", isBeingPrepared(name));
  await endPending(context, view);
  return context.api.call("instance.stop", { command: context.newCommand(), instance: name, force: true });
}

async function shutDown(context: MultipassContext, { view, state }: Found, minutes: number): Promise<Accepted> {
  const { api } = context;
  const fault = shutdownFault(view.name, state);
  if (fault !== undefined) throw new UserError("instance-busy", `${fault}\nUse --force to power it off.`);
  const asked = { command: context.newCommand(), instance: view.name };
  if (minutes === 0) return stopUnderWay(view) ?? api.call("instance.stop", { ...asked, force: false });
  return api.call("instance.stop-later", { ...asked, inMs: Math.min(minutes * minuteMs, lifetimeMsMax) });
}

const minuteMs = 60_000;
