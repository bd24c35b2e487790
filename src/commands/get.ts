/** `strata get`: settings of the daemon, of instances and of this client. */
import { UserError, exitCodes } from "../errors.ts";
import { nearest } from "../model/name.ts";
import { settingView, settingsView } from "../render/settings.ts";
import { clientPrefix } from "./set.ts";
import { defineVerb } from "./command.ts";

export const get = defineVerb({
  name: "get",
  aliases: [],
  group: "images and settings",
  summary: "Show settings",
  arguments: [
    { name: "KEY", about: "one setting; without, all of them", required: false, many: false, completes: "setting" },
  ],
  options: {},
  examples: [
    { line: "strata get", about: "every setting and what it means" },
    { line: "strata get local.web.memory", about: "the value alone" },
  ],
  async run(context, { words: [key], options }) {
    const own = context.settings.list();
    const isOwn = key?.startsWith(clientPrefix) ?? false;
    const listed = async () => [...(isOwn ? [] : await context.api.call("settings.list", {})), ...own];
    if (key === undefined) {
      await context.show(settingsView(await listed()), options);
      return exitCodes.ok;
    }
    const settings = isOwn ? own : await context.api.call("settings.list", { key });
    const setting = settings.find((candidate) => candidate.key === key);
    if (!setting)
      throw unknown(
        key,
        (await listed()).map((candidate) => candidate.key),
      );
    await context.show(settingView(setting), options);
    return exitCodes.ok;
  },
});

function unknown(key: string, keys: readonly string[]): UserError {
  const close = keys.find((candidate) => candidate.endsWith(`.${key}`)) ?? nearest(key, keys);
  return new UserError("setting-unknown", `there is no setting "${key}"`, {
    exit: exitCodes.usage,
    hints: [close === undefined ? ["next", "strata get"] : ["did you mean", close]],
  });
}
