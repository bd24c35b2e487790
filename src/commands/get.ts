/** `strata get`: settings of the daemon, of instances and of this client. */
import { UserError, exitCodes } from "../errors.ts";
import { nearest } from "../model/name.ts";
import type { AsOf } from "../model/view.ts";
import { settingView, settingsView, type SettingRow } from "../render/settings.ts";
import { type At, atOption, placeOf, sayAsOf } from "./at.ts";
import { clientPrefix } from "./set.ts";
import { defineVerb } from "./command.ts";
import type { Context } from "./context.ts";

export const get = defineVerb({
  name: "get",
  aliases: [],
  group: "images and settings",
  summary: "Show settings",
  arguments: [
    { name: "KEY", about: "one setting; without, all of them", required: false, many: false, completes: "setting" },
  ],
  options: { ...atOption },
  examples: [
    { line: "strata get", about: "every setting and what it means" },
    { line: "strata get local.web.memory", about: "the value alone" },
    { line: "strata get images.default --at 3d", about: "what it was three days ago" },
  ],
  async run(context, { words: [key], options }) {
    const { asOf, settings } = await settingsOf(context, options.at, key);
    if (asOf) sayAsOf(context, asOf);
    if (key === undefined) {
      await context.show(settingsView(settings, asOf), options);
      return exitCodes.ok;
    }
    const setting = settings.find((candidate) => candidate.key === key);
    if (!setting) {
      const all = await settingsOf(context, options.at, undefined);
      throw unknown(
        key,
        all.settings.map((candidate) => candidate.key),
      );
    }
    await context.show(settingView(setting, asOf), options);
    return exitCodes.ok;
  },
});

/** Those of now or of then, the client's own among them; with a key, that one at least. */
async function settingsOf(
  { api, settings: client, ...context }: Context,
  at: At | undefined,
  key: string | undefined,
): Promise<{ readonly asOf?: AsOf; readonly settings: readonly SettingRow[] }> {
  const isOwn = key?.startsWith(clientPrefix) ?? false;
  if (at === undefined) {
    const daemons = isOwn ? [] : await api.call("settings.list", key === undefined ? {} : { key });
    return { settings: [...daemons, ...client.list()] };
  }
  if (isOwn) throw notRecorded(key ?? "");
  return api.call("past.settings", { at: placeOf(at, context), ...(key !== undefined && { key }) });
}

const notRecorded = (key: string): UserError =>
  new UserError("setting-not-recorded", `${key} is kept in a file of this client, and nothing records what it was`, {
    exit: exitCodes.usage,
    hints: [["next", `strata get ${key}`]],
  });

function unknown(key: string, keys: readonly string[]): UserError {
  const close = keys.find((candidate) => candidate.endsWith(`.${key}`)) ?? nearest(key, keys);
  return new UserError("setting-unknown", `there is no setting "${key}"`, {
    exit: exitCodes.usage,
    hints: [close === undefined ? ["next", "strata get"] : ["did you mean", close]],
  });
}
