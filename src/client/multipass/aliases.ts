/** This user's aliases and the scripts that stand for them: small files of the client, in the reference's form. */
import { allAliases } from "../../commands/multipass/alias-rules.ts";
import type { AliasBook, Aliases, ScriptFault } from "../../commands/multipass/context.ts";
import { UserError, messageOf } from "../../errors.ts";
import { readClientObject, writeClientObject } from "../../sys/client-file.ts";
import { listScripts, removeScript, writeScript } from "../../sys/scripts.ts";
import { aliasesOf } from "./alias-file.ts";

export interface AliasPlaces {
  /** The file. */
  readonly file: string;
  /** Of the scripts. */
  readonly directory: string;
  /** PATH */
  readonly searchPath: string;
  /** What a script calls: this program under the name of multipass. */
  readonly program: string;
}

export function aliasBook({ file, directory, searchPath, program }: AliasPlaces): AliasBook {
  const read = () => readAliases(file);
  return {
    read,
    write(aliases) {
      const [before, after] = [scriptsOf(read()), scriptsOf(aliases)];
      const there = new Set(listScripts(directory));
      const missing = [...after].filter((script) => !before.has(script) || !there.has(script));
      const made = makeScripts(directory, missing, program);
      try {
        writeClientObject(file, { ...aliases });
      } catch (error) {
        for (const script of made) if (!before.has(script)) removeScript(directory, script);
        throw error;
      }
      return removeScripts(
        directory,
        [...before].filter((script) => !after.has(script)),
      );
    },
    scripts: { directory, isOnPath: searchPath.split(":").includes(directory) },
  };
}

/** Throws `client-file-invalid`. */
export const readAliases = (file: string): Aliases => aliasesOf(readClientObject(file), file);

/** The scripts that aliases need. `name` is there as long as one context has it: which one it means is found when it runs. */
const scriptsOf = (aliases: Aliases): ReadonlySet<string> =>
  new Set(allAliases(aliases).flatMap(({ context, name }) => [`${context}.${name}`, name]));

/** All of them, or none. Throws `alias-script-not-made`. */
function makeScripts(directory: string, wanted: readonly string[], program: string): readonly string[] {
  const made: string[] = [];
  try {
    for (const script of wanted) {
      writeScript(directory, script, scriptText(program, script));
      made.push(script);
    }
    return made;
  } catch (error) {
    for (const script of made) removeScript(directory, script);
    throw new UserError("alias-script-not-made", messageOf(error), { cause: error });
  }
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

const scriptText = (program: string, word: string): string =>
  `#!/bin/sh\n\nexec ${quoted(program)} ${quoted(word)} -- "$@"\n`;

function removeScripts(directory: string, scripts: readonly string[]): readonly ScriptFault[] {
  return scripts.flatMap((script) => {
    try {
      removeScript(directory, script);
      return [];
    } catch (error) {
      return [{ script, why: messageOf(error) }];
    }
  });
}
