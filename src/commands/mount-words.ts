/** What the words of mount and umount mean, and what is looked at here: the caller's own folder, with the caller's own rights. */
import type { Ended } from "../api/contract.ts";
import { exitCodes, UserError } from "../errors.ts";
import { idMax, mountTypes, plainPath } from "../model/mount-words.ts";
import { nearest } from "../model/name.ts";
import { labelled } from "../render/progress.ts";
import type { Context } from "./context.ts";

/** `web:/src`: a place in an instance. Empty path: none is named. */
export interface Place {
  readonly instance: string;
  readonly path: string;
}

const usage = (code: string, message: string, form: string) =>
  new UserError(code, message, { exit: exitCodes.usage, hints: [["form", form]] });

export function placeOf(word: string): Place {
  const [, instance = "", path = ""] = /^([^:]*):?(.*)$/s.exec(word) ?? [];
  if (instance !== "") return { instance, path };
  throw usage("place-invalid", `"${word}" names no instance`, "INSTANCE or INSTANCE:TARGET");
}

/** `--mount SOURCE[:TARGET]` */
export function sourceAndTarget(text: string): { readonly source: string; readonly target: string } {
  const [, source = "", target = ""] = /^([^:]*):?(.*)$/s.exec(text) ?? [];
  if (source !== "") return { source, target };
  throw usage("mount-invalid", `"${text}" names no folder`, "SOURCE or SOURCE:TARGET");
}

export function parseIdMap(text: string): [host: number, instance: number] {
  const [host, instance] = /^(\d{1,10}):(\d{1,10}|default)$/.exec(text)?.slice(1) ?? [];
  const ids = [Number(host), instance === "default" ? -1 : Number(instance)] as [number, number];
  if (host !== undefined && ids.every((id) => id <= idMax)) return ids;
  throw usage(
    "map-invalid",
    `"${text}" is no map of ids`,
    "HOST:INSTANCE, two numbers; or HOST:default, the instance's user",
  );
}

export function parseType(text: string): (typeof mountTypes)[number] {
  const type = mountTypes.find((each) => each === text);
  if (type !== undefined) return type;
  const meant = nearest(text, mountTypes);
  throw new UserError("mount-type-invalid", `"${text}" is no type of mount`, {
    exit: exitCodes.usage,
    hints: [...(meant === undefined ? [] : [["did you mean", meant] as const]), ["form", mountTypes.join(", ")]],
  });
}

const faults = {
  missing: ["mount-source-missing", "does not exist"],
  "no-folder": ["mount-source-missing", "is no folder"],
  unreadable: ["mount-source-unreadable", "may not be read by you"],
} as const;

/** The folder as an absolute path. Throws what is wrong with it. */
export function checkedSource(
  { folderStatus, directory }: Pick<Context, "folderStatus" | "directory">,
  text: string,
): string {
  const source = plainPath(text, directory);
  const status = folderStatus(source);
  if (status === "folder") return source;
  const [code, why] = faults[status];
  throw new UserError(code, `the folder ${source} ${why}`, {
    hints: [["form", "a folder of this machine that you may read"]],
  });
}

/** It runs, and what is mounted in it is not all there: each is tried again and again. */
export const degradedLines = ({ instance }: Ended): readonly string[] =>
  (instance?.mounts ?? [])
    .filter(({ state }) => state === "degraded")
    .map(({ target, degraded }) => labelled("", "warning", `${target} is not mounted: ${degraded?.reason ?? ""}`));
