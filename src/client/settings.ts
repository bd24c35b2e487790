/** `client.*` settings: what they are, and their place in the client's own file. */
import type { ClientSettings } from "../commands/context.ts";
import { UserError, exitCodes } from "../errors.ts";
import { parseName } from "../model/name.ts";
import { readClientFile, writeClientFile } from "../sys/client-file.ts";

const known = [
  {
    key: "client.primary-name",
    default: "primary",
    about: "the instance that shell means when several are there and none is named",
    check: (value: string) => (value === "" ? value : parseName(value)),
  },
];

export function clientSettings(path: string): ClientSettings {
  return {
    list: () => {
      const values = readClientFile(path);
      return known.map(({ key, default: standard, about }) => ({
        key,
        value: values[key] ?? standard,
        default: standard,
        about,
      }));
    },
    set(key, value) {
      const setting = known.find((candidate) => candidate.key === key);
      if (!setting) {
        const keys = known.map((candidate) => candidate.key).join(", ");
        throw new UserError("setting-unknown", `there is no client setting "${key}"`, {
          exit: exitCodes.usage,
          hints: [["form", keys]],
        });
      }
      writeClientFile(path, { ...readClientFile(path), [key]: setting.check(value) });
    },
  };
}
