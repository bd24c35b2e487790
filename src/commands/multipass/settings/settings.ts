/** Every setting of the reference by its key; loaded when one is asked for. */
import type { MultipassContext } from "../context.ts";
import { failed, lineError } from "../stop.ts";
import { readClient, writeClient } from "./client.ts";
import { daemonSettings } from "./daemon.ts";
import { unrecognized } from "./faults.ts";
import type { Assignment } from "./faults.ts";
import { readInstance, writeInstance } from "./instance.ts";
import { readKey } from "./key.ts";
import { allKeys } from "./keys.ts";
import { readSnapshot, writeSnapshot } from "./snapshot.ts";

/** All keys, or the one that is given. Throws `Stop` when there is no such. */
export async function namedKeys(context: MultipassContext, key: string | undefined): Promise<readonly string[]> {
  const keys = await allKeys(context);
  if (key === undefined) return keys;
  if (keys.includes(key)) return [key];
  throw lineError(unrecognized(key));
}

/** Throws `Stop`: of a key of the client with exit 1, of one of the daemon with exit 2. */
export async function readSetting(context: MultipassContext, text: string): Promise<string> {
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

/** Throws `Stop`: of a key of the client with exit 1, of one of the daemon with exit 2. */
export async function writeSetting(context: MultipassContext, assignment: Assignment): Promise<void> {
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
