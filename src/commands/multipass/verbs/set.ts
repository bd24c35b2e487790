/** `multipass set`: one setting, its value on the line or typed. */
import type { MultipassContext } from "../context.ts";
import { answered, askNewPassphrase } from "../passphrase.ts";
import { writeClient } from "../settings/client.ts";
import { daemonSettings } from "../settings/daemon.ts";
import { unrecognized } from "../settings/faults.ts";
import type { Assignment } from "../settings/faults.ts";
import { writeInstance } from "../settings/instance.ts";
import { readKey } from "../settings/key.ts";
import { writeSnapshot } from "../settings/snapshot.ts";
import { failed, lineError, multipassExit } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";

const passphraseKey = "local.passphrase";

export const set = defineMultipassVerb({
  name: "set",
  aliases: [],
  summary: "Change a setting",
  about:
    "Give a setting a value. Those of an instance (local.<name>.cpus, memory, disk and bridged) can be changed while it is stopped.",
  syntax: "<key>[=<value>]",
  arguments: [
    {
      name: "keyval",
      about: "The setting and its value. Without the value, you are asked for it.",
      completes: "assignment",
    },
  ],
  options: {},
  async run(context, { words }) {
    const [word] = words;
    if (word === undefined || words.length > 1)
      throw lineError("Need exactly one key-value pair (in <key>=<value> form).");
    const [key = "", given, ...more] = word.split("=");
    if (key === "" || more.length > 0) throw lineError("Bad key-value format.");
    await write(context, { key, value: given ?? (await typed(context, key)) });
    return multipassExit.ok;
  },
});

async function typed(context: MultipassContext, key: string): Promise<string> {
  return key === passphraseKey ? askNewPassphrase(context) : answered(await context.ask(`${key}: `));
}

/** Throws `Stop`: of a key of the client with exit 1, of one of the daemon with exit 2. */
async function write(context: MultipassContext, assignment: Assignment): Promise<void> {
  const key = readKey(assignment.key);
  switch (key.of) {
    case "client":
      return writeClient(context, assignment);
    case "daemon":
      return daemonSettings[key.name].write(context, assignment);
    case "instance":
      return writeInstance(context, assignment, key);
    case "snapshot":
      return writeSnapshot(context, assignment, key);
    case "nobody":
      throw failed("set", unrecognized(assignment.key));
  }
}
