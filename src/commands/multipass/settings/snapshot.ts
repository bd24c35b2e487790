/** Settings of one snapshot: `local.INSTANCE.SNAPSHOT.name` and `comment`. */
import { UserError } from "../../../errors.ts";
import type { MultipassContext } from "../context.ts";
import { isName } from "../names.ts";
import { failed } from "../stop.ts";
import { changeSetting } from "./change.ts";
import { daemonInvalid } from "./faults.ts";
import type { Assignment } from "./faults.ts";
import type { SnapshotProperty } from "./key.ts";

interface Of {
  readonly instance: string;
  readonly snapshot: string;
  readonly property: SnapshotProperty;
}

/** Throws `Stop`. */
export async function readSnapshot(context: MultipassContext, of: Of): Promise<string> {
  const { comment = "" } = await findSnapshot(context, "get", of);
  return of.property === "name" ? of.snapshot : comment;
}

/** Throws `Stop`, and what the daemon says. */
export async function writeSnapshot(context: MultipassContext, assignment: Assignment, of: Of): Promise<void> {
  const { instance, property } = of;
  await findSnapshot(context, "set", of);
  if (property === "name" && !isName(assignment.value)) throw daemonInvalid(assignment, "Invalid snapshot name.");
  try {
    await changeSetting(context, assignment);
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== "point-exists") throw error;
    throw failed("set", `Snapshot already exists: ${instance}.${assignment.value}`);
  }
}

/** Those of instances in the trash can be looked at, and not changed. Throws `Stop`. */
async function findSnapshot({ api }: MultipassContext, verb: "get" | "set", { instance, snapshot }: Of) {
  const fault = (why: string) => failed(verb, `Cannot access snapshot settings; instance: ${instance}; reason: ${why}`);
  const view = (await api.call("instance.list", {})).find(({ name }) => name === instance);
  if (!view) throw fault("No such instance");
  if (view.state === "Deleted" && verb === "set") throw fault("Instance is deleted");
  if (view.operation?.kind === "launch") throw fault("instance is being prepared");
  const [tree] = await api.call("point.tree", { instance });
  const point = tree?.points.find(({ name, kind }) => name === snapshot && kind === "snapshot");
  if (!point) throw fault(`No such snapshot: ${instance}.${snapshot}`);
  return point;
}
