/** The rules for mounts: where a folder may be mounted, and what is told of those that break. */
import { exitCodes } from "../../errors.ts";
import type { Mount } from "../../model/mount.ts";
import {
  duplicatesIn,
  homeOf,
  isRefused,
  lastPart,
  mapsMax,
  mountsMax,
  overlap,
  pathBytesMax,
} from "../../model/mount-words.ts";
import { nearest } from "../../model/name.ts";
import { Rejected } from "../decider.ts";
import type { InstanceCommand } from "./commands.ts";
import type { InstanceEvent } from "./events.ts";
import { bareMount } from "./evolve-mounts.ts";
import { intentOf, refuseBusy, refuseDeleted, type Surroundings } from "./refusals.ts";
import type { InstanceState } from "./state.ts";

type Command<Type extends InstanceCommand["type"]> = Extract<InstanceCommand, { type: Type }>;

/** Made at once where the guest answers, before it is wanted for ever; else it waits for the next start. */
export function decideMount(command: Command<"mount">, state: InstanceState, around: Surroundings): InstanceEvent[] {
  refuseDeleted(state);
  refuseBusy(state);
  const { mount } = command;
  checkMounts([mount], state, around);
  const requested: InstanceEvent = {
    type: "instance.mount-requested",
    version: 1,
    data: { ...intentOf(command, around), mount },
  };
  return canBeMade(state) ? [requested] : [requested, { type: "instance.mount-added", version: 1, data: { mount } }];
}

export function decideUnmount(
  command: Command<"unmount">,
  state: InstanceState,
  around: Surroundings,
): InstanceEvent[] {
  refuseDeleted(state);
  refuseBusy(state);
  const { target, force } = command;
  const wanted = state.mounts?.find((each) => each.target === target);
  if (!wanted) throw notMounted(target, state);
  const mount = bareMount(wanted);
  const requested: InstanceEvent = {
    type: "instance.unmount-requested",
    version: 1,
    data: { ...intentOf(command, around), mount, force },
  };
  return canBeMade(state) ? [requested] : [requested, { type: "instance.mount-removed", version: 1, data: { target } }];
}

/** Only a change is worth an event. */
export function decideObservedMount(command: Command<"observe-mount">, state: InstanceState): InstanceEvent[] {
  const { target, fault } = command;
  const mount = state.mounts?.find((each) => each.target === target);
  if (!mount) return [];
  const { degraded } = mount;
  if (!fault) return degraded ? [{ type: "instance.mount-restored", version: 1, data: { target } }] : [];
  if (degraded?.code === fault.code && degraded.reason === fault.reason) return [];
  return [{ type: "instance.mount-degraded", version: 1, data: { target, ...fault } }];
}

const canBeMade = ({ power, reachable }: InstanceState): boolean => power === "running" && reachable;

/** Throws what is wrong with mounts that are to come besides those that are there. */
export function checkMounts(
  mounts: readonly Mount[],
  { name, user, mounts: had = [] }: Pick<InstanceState, "name" | "user" | "mounts">,
  { mayMount }: Pick<Surroundings, "mayMount">,
): void {
  if (mounts.length === 0) return;
  if (!mayMount) throw disabled();
  const all: Mount[] = [...had];
  for (const mount of mounts) {
    checkPaths(mount, homeOf(user));
    checkMaps(mount);
    const other = all.find(({ target }) => overlap(target, mount.target));
    if (other) throw standsInTheWay(mount, other, name);
    all.push(mount);
  }
  if (all.length <= mountsMax) return;
  throw new Rejected("mounts-too-many", `"${name}" would have more than ${mountsMax} mounts`, {
    hints: [["next", `strata umount ${name}:TARGET`]],
  });
}

function checkPaths({ source, target }: Mount, home: string): void {
  for (const [what, path] of [["source", source] as const, ["target", target] as const]) {
    const isWhole = path.startsWith("/") && !path.includes("\0");
    if (!isWhole || new TextEncoder().encode(path).length > pathBytesMax)
      throw invalid(`the ${what} of a mount is an absolute path of at most ${pathBytesMax} bytes`);
  }
  if (isRefused(target, home))
    throw invalid(`nothing is mounted at "${target}": the guest needs what is there`, [
      "did you mean",
      `${home}/${lastPart(source) || "NAME"}`,
    ]);
}

const invalid = (message: string, hint: readonly [string, string] = ["form", "SOURCE INSTANCE:/TARGET"]) =>
  new Rejected("mount-invalid", message, { exit: exitCodes.usage, hints: [hint] });

function checkMaps({ uids, gids }: Mount): void {
  for (const [what, maps] of [["user", uids] as const, ["group", gids] as const]) {
    const twice = duplicatesIn(maps);
    if (twice !== "" || maps.length > mapsMax)
      throw new Rejected(
        "map-invalid",
        twice === "" ? `more than ${mapsMax} maps` : `a ${what} is named by two maps: ${twice}`,
        {
          exit: exitCodes.usage,
          hints: [["form", "each id of the host once, and each of the instance"]],
        },
      );
  }
}

function standsInTheWay({ target }: Mount, other: Mount, name: string): Rejected {
  const hints = [["next", `strata umount ${name}:${other.target}`]] as const;
  if (other.target === target)
    return new Rejected("mount-exists", `"${target}" is already mounted in "${name}": ${other.source}`, { hints });
  const [inner, outer] = other.target.length < target.length ? [target, other.target] : [other.target, target];
  return new Rejected("mount-nested", `"${inner}" lies inside "${outer}", which would be a mount in "${name}" too`, {
    hints,
  });
}

const disabled = () =>
  new Rejected("mounts-disabled", "mounts are switched off", {
    exit: exitCodes.refused,
    hints: [["next", "strata set mounts.enabled=on"]],
  });

function notMounted(target: string, { name, mounts = [] }: InstanceState): Rejected {
  const targets = mounts.map((each) => each.target);
  const meant = nearest(target, targets) ?? targets[0];
  return new Rejected("mount-not-found", `"${target}" is not mounted in "${name}"`, {
    hints: [
      ...(meant === undefined ? [] : [["did you mean", `${name}:${meant}`] as const]),
      ["next", `strata info ${name}`],
    ],
  });
}
