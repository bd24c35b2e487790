/** `--mount SOURCE[:TARGET]`, and the home directory of the primary instance. */
import type { MultipassContext } from "../context.ts";
import { primaryName } from "../instances.ts";
import { plainPath } from "../../../model/mount-words.ts";
import { failureText } from "../failures.ts";
import { mayMount, mountOne } from "../mounting.ts";
import { targetIn } from "../mounts.ts";
import { failed, lineError } from "../stop.ts";

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

/** Mounts what the line asks for, and the home of the primary instance. Throws `Stop` for the first that fails. */
export async function mountAtLaunch(
  context: MultipassContext,
  instance: string,
  mounts: readonly string[],
): Promise<void> {
  const asked = mounts.map(readMount);
  const isPrimary = instance === primaryName(context);
  const all = isPrimary ? [...asked, { source: context.home, path: "Home" }] : asked;
  if (all.length === 0) return;
  if (!(await mayMount(context))) return context.stdout.write("Skipping mount due to disabled mounts feature\n");
  for (const { source, path } of all) {
    const folder = plainPath(source, context.directory);
    await mountOne(context, { instance, path }, { source: folder, type: "classic" }).catch((error: unknown) => {
      throw failed("mount", failureText(error));
    });
    context.stdout.write(`Mounted '${source}' into '${instance}:${targetIn(path, source)}'\n`);
  }
}

function readMount(mount: string): { readonly source: string; readonly path: string } {
  const [source = "", path = ""] = mount.split(/:(.*)/s);
  return { source, path };
}
