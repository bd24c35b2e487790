/** `multipass snapshot`: of a stopped instance only, although strata could do more. */
import { UserError } from "../../../errors.ts";
import { text } from "../../command.ts";
import type { MultipassContext } from "../context.ts";
import { pickOne } from "../instances.ts";
import { perform } from "../perform.ts";
import { badSnapshotName, isSnapshotName } from "../snapshots.ts";
import { failed, lineError, multipassExit } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";

export const snapshot = defineMultipassVerb({
  name: "snapshot",
  aliases: [],
  summary: "Take a snapshot of an instance",
  about: "Take a snapshot of a stopped instance, to go back to with the command restore.",
  syntax: "<instance>",
  arguments: [{ name: "instance", about: "The instance to take it of", completes: "stopped" }],
  options: {
    name: text(
      "name",
      'Its name, as names of instances are. Without it: "snapshotN", where N counts what was ever taken of the instance.',
      "n",
    ),
    comment: text("comment", "A note that stays with it", "cm"),
  },
  async run(context, { words, options }) {
    const [instance] = words;
    if (instance === undefined) throw lineError("Need the name of an instance to snapshot.");
    if (words.length > 1) throw lineError("Too many arguments supplied");
    const { state } = await pickOne(context, "snapshot", instance);
    if (state !== "Stopped") throw failed("snapshot", "Multipass can only take snapshots of stopped instances.");
    const { name, comment } = options;
    const { ended } = await perform(context, {
      what: `snapshot ${instance}`,
      says: "Taking snapshot",
      send: () => takeSnapshot(context, { instance, ...(name && { name }), ...(comment && { comment }) }),
    });
    context.stdout.write(`${takenText(instance, ended?.point?.name ?? name)}\n`);
    return multipassExit.ok;
  },
});

export const takenText = (instance: string, snapshotName = ""): string => `Snapshot taken: ${instance}.${snapshotName}`;

/** Throws in the reference's words where a name cannot be taken. */
export async function takeSnapshot(
  { api, newCommand }: Pick<MultipassContext, "api" | "newCommand">,
  wanted: { readonly instance: string; readonly name?: string; readonly comment?: string },
): ReturnType<typeof api.call<"point.snapshot">> {
  const { instance, name } = wanted;
  if (name !== undefined && !isSnapshotName(name)) throw new UserError("point-name-invalid", badSnapshotName(name));
  try {
    return await api.call("point.snapshot", { command: newCommand(), ...wanted, withMemory: false });
  } catch (error) {
    if (!(error instanceof UserError) || name === undefined) throw error;
    if (error.code === "point-exists") throw new UserError(error.code, `Snapshot already exists: ${instance}.${name}`);
    if (error.code === "point-name-invalid") throw new UserError(error.code, badSnapshotName(name));
    throw error;
  }
}
