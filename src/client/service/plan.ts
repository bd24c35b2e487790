/** What install and uninstall do, step by step, as data: each step with its opposite, so that what fails is taken back. */
import { UserError, exitCodes } from "../../errors.ts";
import { ownerOf, saysGroup, unitText } from "./unit.ts";

export type Step =
  | { readonly kind: "run"; readonly argv: readonly string[]; readonly undo?: readonly string[] }
  | { readonly kind: "write"; readonly path: string; readonly text: string; readonly before: string | undefined }
  | { readonly kind: "remove"; readonly path: string };

export interface ServiceFacts {
  readonly scope: "system" | "user";
  readonly program: readonly string[];
  /** STRATA_HOME, when it is not the usual data directory. */
  readonly home: string | undefined;
  /** Of the unit file. */
  readonly path: string;
  /** What is there now. */
  readonly found: string | undefined;
  readonly hasGroup: boolean;
  /** Somebody else than root may change this file or folder, which root's daemon would be run from. */
  readonly unsafe: string | undefined;
  readonly digest: (text: string) => string;
}

export const group = "strata";
const unit = "strata.service";

/** Where systemd looks for units that an administrator, or a user, has added (systemd.unit(5)). */
export const unitPath = (scope: ServiceFacts["scope"], configHome: string): string =>
  scope === "system" ? `/etc/systemd/system/${unit}` : `${configHome}/systemd/user/${unit}`;

/** Throws `unit-foreign`, `unit-changed` and `program-unsafe`. */
export function planInstall(facts: ServiceFacts): Step[] {
  const { scope, path, found, hasGroup, unsafe } = facts;
  checkOwn(facts, "replace");
  if (scope === "system" && unsafe !== undefined) throw programUnsafe(unsafe, facts.program[0] ?? "");
  const makesGroup = scope === "system" && !hasGroup;
  const madeGroup = makesGroup || (found !== undefined && saysGroup(found));
  const systemctl = systemctlOf(scope);
  return [
    ...(makesGroup ? [{ kind: "run", argv: ["groupadd", "--system", group], undo: ["groupdel", group] } as const] : []),
    { kind: "write", path, text: unitText({ ...facts, madeGroup }), before: found },
    { kind: "run", argv: [...systemctl, "daemon-reload"] },
    { kind: "run", argv: [...systemctl, "enable", "--now", unit], undo: [...systemctl, "disable", "--now", unit] },
  ];
}

/** Takes back exactly what install made. Throws `unit-foreign`, `unit-changed` and `unit-not-found`. */
export function planUninstall(facts: ServiceFacts): Step[] {
  const { scope, path, found, hasGroup } = facts;
  if (found === undefined)
    throw new UserError("unit-not-found", `there is no ${path}: strata is not installed as a service`, {
      hints: [["next", "strata daemon install"]],
    });
  checkOwn(facts, "remove");
  const systemctl = systemctlOf(scope);
  return [
    { kind: "run", argv: [...systemctl, "disable", "--now", unit] },
    { kind: "remove", path },
    { kind: "run", argv: [...systemctl, "daemon-reload"] },
    ...(saysGroup(found) && hasGroup ? [{ kind: "run", argv: ["groupdel", group] } as const] : []),
  ];
}

const systemctlOf = (scope: ServiceFacts["scope"]) => (scope === "system" ? ["systemctl"] : ["systemctl", "--user"]);

function checkOwn({ path, found, digest }: ServiceFacts, act: string): void {
  const owner = found === undefined ? "ours" : ownerOf(found, digest);
  if (owner === "ours") return;
  const why = owner === "foreign" ? "strata did not write it" : "it was edited after strata wrote it";
  throw new UserError(`unit-${owner}`, `strata does not ${act} ${path}: ${why}`, {
    exit: exitCodes.refused,
    hints: [["next", `mv ${path} ${path}.old, then again`]],
  });
}

function programUnsafe(unsafe: string, program: string): UserError {
  return new UserError(
    "program-unsafe",
    `root's daemon would run ${program}, and others than root may change ${unsafe}`,
    {
      exit: exitCodes.refused,
      hints: [
        ["why", "whoever can change it would be root"],
        ["next", `install -m 755 ${program} /usr/local/bin/strata && /usr/local/bin/strata daemon install`],
      ],
    },
  );
}
