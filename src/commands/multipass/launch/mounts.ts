/** `--mount SOURCE[:TARGET]`, and the home directory of the primary instance. */
import type { MultipassContext } from "../context.ts";
import { primaryName } from "../instances.ts";
import { lineError } from "../stop.ts";

const faults = { missing: "does not exist", "no-folder": "is not a directory", unreadable: "is not readable" } as const;

/** Throws `Stop` with exit 1 for a source that cannot be mounted. */
export function checkSources(
  { folderStatus }: Pick<MultipassContext, "folderStatus">,
  mounts: readonly string[],
): void {
  for (const mount of mounts) {
    const [source = ""] = mount.split(":", 1);
    const status = folderStatus(source);
    if (status !== "folder") throw lineError(`Mount source path "${source}" ${faults[status]}`);
  }
}

/** Says that a new instance does not get what would be mounted in it. */
export function tellOfMounts(context: MultipassContext, instance: string, mounts: readonly string[]): void {
  if (mounts.length > 0 || instance === primaryName(context))
    context.stdout.write("Skipping mount due to disabled mounts feature\n");
}
