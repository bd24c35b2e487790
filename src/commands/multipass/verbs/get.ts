/** `multipass get`: one setting, or every key. */
import { flag } from "../../command.ts";
import type { MultipassContext } from "../context.ts";
import { readClient } from "../settings/client.ts";
import { daemonSettings } from "../settings/daemon.ts";
import { unrecognized } from "../settings/faults.ts";
import { readInstance } from "../settings/instance.ts";
import { readKey } from "../settings/key.ts";
import { allKeys } from "../settings/keys.ts";
import { readSnapshot } from "../settings/snapshot.ts";
import { failed, lineError, multipassExit } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";

export const get = defineMultipassVerb({
  name: "get",
  aliases: [],
  summary: "Show a setting",
  about:
    "Show the value of one setting. Those of an instance are local.<name>.cpus, memory, disk and bridged; of a snapshot, local.<name>.<snapshot>.name and comment.",
  syntax: "[<key>]",
  arguments: [{ name: "key", about: "The setting to show.", completes: "setting" }],
  options: {
    raw: flag("An empty value as an empty line, instead of <empty>"),
    keys: flag("List every key, or the one that is given when there is such a one"),
  },
  async run(context, { words, options: { raw, keys } }) {
    const { stdout } = context;
    if (words.length > 1) throw lineError("Need at most one setting key.");
    const [key] = words;
    if (keys) {
      for (const each of await namedKeys(context, key)) stdout.write(`${each}\n`);
      return multipassExit.ok;
    }
    if (key === undefined)
      throw lineError(
        "Multiple settings not implemented yet. Please try again with one setting key or just the `--keys` option for now.",
      );
    const value = await valueOf(context, key);
    stdout.write(`${value === "" && !raw ? "<empty>" : value}\n`);
    return multipassExit.ok;
  },
});

async function namedKeys(context: MultipassContext, key: string | undefined): Promise<readonly string[]> {
  const keys = await allKeys(context);
  if (key === undefined) return keys;
  if (keys.includes(key)) return [key];
  throw lineError(unrecognized(key));
}

/** Throws `Stop`: of a key of the client with exit 1, of one of the daemon with exit 2. */
async function valueOf(context: MultipassContext, text: string): Promise<string> {
  const key = readKey(text);
  switch (key.of) {
    case "client":
      return readClient(context, text);
    case "daemon":
      return daemonSettings[key.name].read(context);
    case "instance":
      return readInstance(context, key);
    case "snapshot":
      return readSnapshot(context, key);
    case "nobody":
      throw failed("get", unrecognized(text));
  }
}
