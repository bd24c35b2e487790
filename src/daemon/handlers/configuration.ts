/** The calls that read and change what things are made of: the daemon's settings, and the keys and the name of an instance. */
import type { CallHandlers } from "../../api/server.ts";
import { exitCodes, UserError, type Hint } from "../../errors.ts";
import type { Configuration } from "../../events/instance/commands.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import { settingOf, settings, shownSetting } from "../../events/settings/settings.ts";
import type { World } from "../../events/world.ts";
import { Autostart } from "../../model/instance.ts";
import { checkLabel } from "../../model/label.ts";
import { nearest, parseName } from "../../model/name.ts";
import { formatSize, parseSize } from "../../model/size.ts";
import { byTheWay } from "../auto-points.ts";
import { findPoint } from "../find-point.ts";
import { resolveInstance } from "../resolve.ts";
import { admitSpecs } from "./admission.ts";
import { answerAgain, change, type Change } from "./change.ts";
import type { Caller, Daemon } from "./context.ts";
import {
  admitSetting,
  isNetworkKey,
  networkConfigure,
  type NetworkKey,
  networkKeys,
  ownKey,
} from "./network-configuration.ts";
import { parsePointKey, parsePointValue, type PointKey, pointRowsOf } from "./point-configuration.ts";

/** The longest that a grown disk is worked on. */
const configureMs = 180_000;
const lookMs = 5_000;

type Names = "settings.list" | "settings.set" | "instance.rename";

interface Row {
  readonly key: string;
  readonly value: string;
  readonly default: string;
  readonly about: string;
}

type Key = Exclude<Configuration["key"], "label" | "interfaces" | NetworkKey>;

/** Keys of every instance, as `local.NAME.KEY`. */
const keys: Readonly<
  Record<Key, { readonly about: string; readonly form: string; value(state: InstanceState): string }>
> = {
  cpus: {
    about: "processors; changes while it is off",
    form: "a whole number",
    value: ({ specs }) => String(specs.cpus),
  },
  memory: {
    about: "memory; changes while it is off",
    form: "a number with M or G, for example 2G",
    value: ({ specs }) => formatSize(specs.memory),
  },
  disk: {
    about: "disk; grows, also while it runs, and never shrinks",
    form: "a number with G, for example 20G",
    value: ({ specs }) => formatSize(specs.disk),
  },
  autostart: {
    about: "starts with the host: yes, no, or last (if it ran when the host went down)",
    form: "yes, no or last",
    value: ({ autostart }) => autostart ?? "last",
  },
};

const isKey = (text: string): text is Key => Object.hasOwn(keys, text);

export function configurationHandlers(daemon: Daemon): Pick<CallHandlers<Caller>, Names> {
  const { dispatcher, clock, log } = daemon;
  const deadline = () => new Date(clock.now().getTime() + configureMs).toISOString();
  /** A repeat is answered before anything is looked up: the point may be called something else by now. */
  const setOfPoint = async (
    { instance, point: word, key }: PointKey,
    input: Change & { readonly value: string },
    caller: Caller,
  ) => {
    const seen = dispatcher.remembered(input.command);
    if (seen) return answerAgain(daemon, seen);
    const value = parsePointValue(key, input.value);
    const state = resolveInstance(dispatcher.world(), instance);
    const { id } = state;
    const { point } = await findPoint(log, state, word, clock.now().getTime());
    const build = (_world: World, operation: string) =>
      ({ type: "configure-point", id, point: point.id, operation, deadline: deadline(), key, value }) as const;
    return change(daemon, caller, input, build, "has that value already");
  };
  return {
    "settings.list": ({ key }) => dispatcher.read((world) => rowsOf(world, key && ownKey(key))),
    "settings.set": async ({ key: asked, value, makesBridges, ...input }, caller) => {
      const key = ownKey(asked);
      admitSetting(daemon, key, value);
      const ofPoint = parsePointKey(key);
      if (ofPoint) return setOfPoint(ofPoint, { ...input, value }, caller);
      const named = parseInstanceKey(key);
      if (!named)
        return change(daemon, caller, input, () => ({ type: "change-setting", key, value }), "has that value already");
      const seen = dispatcher.remembered(input.command);
      if (seen) return answerAgain(daemon, seen);
      const state = resolveInstance(dispatcher.world(), named.instance);
      const { id, specs } = state;
      const wanted =
        "label" in named
          ? labelOf(named.label, value)
          : isNetworkKey(named.key)
            ? await networkConfigure(daemon, state, named.key, { value, makesBridges })
            : parseValue(named.key, key, value);
      if (wanted.key === "cpus" || wanted.key === "memory" || wanted.key === "disk")
        admitSpecs(daemon, { ...specs, [wanted.key]: wanted.value });
      const isChanged = wanted.key === "disk" && (await isWritten(daemon, named.instance));
      const keeping = isChanged ? await byTheWay(daemon) : () => ({});
      const build = (world: World, operation: string) =>
        ({ type: "configure", id, operation, deadline: deadline(), ...keeping(world, id), ...wanted }) as const;
      return change(daemon, caller, input, build, "has that value already");
    },
    "instance.rename": (input, caller) =>
      change(
        daemon,
        caller,
        input,
        (world, operation) => ({
          type: "rename",
          id: resolveInstance(world, input.instance).id,
          operation,
          deadline: deadline(),
          name: parseName(input.name),
        }),
        "has that name already",
      ),
  };
}

/** A disk that cannot be looked at is taken for one that has changed: what is wrong with it, its freeze will tell. */
async function isWritten({ dispatcher, driver }: Daemon, instance: string): Promise<boolean> {
  const { layer } = resolveInstance(dispatcher.world(), instance);
  return driver.snapshots.isWritten(layer, AbortSignal.timeout(lookMs)).catch(() => true);
}

/** Every key and its value, those of instances behind the daemon's own; or the one that is asked for. */
export function rowsOf({ settings: state, instances }: World, asked?: string): Row[] {
  const own = Object.entries(settings).map(([key, { default: standard, about }]) => ({
    key,
    value: shownSetting(key, settingOf(state, key)),
    default: shownSetting(key, standard),
    about,
  }));
  const local = [...instances.values()]
    .filter(({ deleted }) => !deleted)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((instance) => [
      ...Object.keys(keys)
        .filter(isKey)
        .map((key) => rowOf(instance, key)),
      ...networkRowsOf(instance, state),
      ...labelRowsOf(instance),
      ...pointRowsOf(instance, asked !== undefined),
    ]);
  return [...own, ...local].filter(({ key }) => asked === undefined || key === asked);
}

function rowOf(state: InstanceState, key: Key): Row {
  const { about, value } = keys[key];
  return { key: `local.${state.name}.${key}`, value: value(state), default: key === "autostart" ? "last" : "", about };
}

const networkRowsOf = (instance: InstanceState, settings: World["settings"]): Row[] =>
  Object.entries(networkKeys).map(([key, { about, value, default: standard }]) => ({
    key: `local.${instance.name}.${key}`,
    value: value(instance, settings),
    default: standard,
    about,
  }));

function labelRowsOf({ name, labels = {} }: InstanceState): Row[] {
  const about = "a label; an empty value takes it away";
  return Object.entries(labels)
    .map(([label, value]) => ({ key: `local.${name}.label.${label}`, value, default: "", about }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** An empty value takes the label away, whatever its key. Throws `label-invalid`. */
function labelOf(label: string, value: string): Configuration {
  if (value !== "") checkLabel(label, value);
  return { key: "label", label, value };
}

/** `local.NAME.KEY` in parts; undefined for a setting of the daemon's own. Throws `setting-unknown` for another key of an instance. */
function parseInstanceKey(
  key: string,
): ({ readonly instance: string } & ({ readonly key: Key | NetworkKey } | { readonly label: string })) | undefined {
  if (Object.hasOwn(settings, key)) return undefined;
  const [, local, instance, name] = /^(local\.)?([^.]+)\.([^.]+|label\..+)$/.exec(key) ?? [];
  if (instance === undefined || name === undefined) return undefined;
  const label = /^label\.(.+)$/.exec(name)?.[1];
  if (local !== undefined && label !== undefined) return { instance, label };
  if (local !== undefined && (isKey(name) || isNetworkKey(name))) return { instance, key: name };
  // Without `local.` it is the daemon's, unless it is the key of an instance all the same.
  if (local === undefined && label === undefined && !isKey(name) && !isNetworkKey(name)) return undefined;
  const all = [...Object.keys(keys), ...Object.keys(networkKeys)];
  const meant = label === undefined ? nearest(name, all) : name;
  const hints: Hint[] = [
    ...(meant === undefined ? [] : [["did you mean", `local.${instance}.${meant}`] satisfies Hint]),
    ["form", [...all, "label.KEY"].map((each) => `local.NAME.${each}`).join(", ")],
  ];
  throw new UserError("setting-unknown", `there is no setting "${key}"`, { exit: exitCodes.usage, hints });
}

/** Throws `setting-invalid` and `size-invalid`. */
function parseValue(name: Key, key: string, value: string): Configuration {
  if (name === "memory" || name === "disk") return { key: name, value: parseSize(value, name) };
  if (name === "cpus" && /^[1-9]\d{0,2}$/.test(value)) return { key: name, value: Number(value) };
  const autostart = name === "autostart" ? Autostart.safeParse(value).data : undefined;
  if (autostart !== undefined) return { key: "autostart", value: autostart };
  throw new UserError("setting-invalid", `${key} cannot be "${value}"`, {
    exit: exitCodes.usage,
    hints: [["form", keys[name].form]],
  });
}
