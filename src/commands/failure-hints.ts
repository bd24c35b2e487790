/** What to do about a step that failed. The record keeps code and reason of a failure; the next command is the client's to know. */
import type { Hint } from "../errors.ts";
import { fileForm, mirrorHint } from "../model/image-host.ts";
import { sameLine } from "../model/shell-line.ts";

const again: Hint = ["next", sameLine];
const anew: Hint = ["next", "strata find --force-update"];
const elsewhere: Hint = ["or", fileForm];
const form: Hint = ["form", "a qcow2 or raw disk image that stands alone"];

const byCode: Readonly<Record<string, readonly Hint[]>> = {
  "image-host-unreachable": [again, mirrorHint],
  "image-download-failed": [again, mirrorHint],
  "image-not-available": [anew, elsewhere],
  "image-redirect-refused": [elsewhere, mirrorHint],
  "image-checksum-mismatch": [["cause", "its host's list and its file differ, or it was changed on the way"], anew],
  "image-size-mismatch": [["cause", "its host's list and its file differ, or it was changed on the way"], anew],
  "image-damaged": [again],
  "image-packing-unknown": [["next", "xz -d FILE, and launch what it leaves"]],
  "image-invalid": [form, ["next", "strata find"]],
  "image-too-large": [form, ["next", "strata find"]],
  "image-not-found": [["next", "strata find"]],
  "mount-busy": [
    ["next", "end what uses it, or leave the folder"],
    ["or", "strata umount --force INSTANCE:TARGET"],
  ],
  "mount-unsupported": [["next", "strata exec INSTANCE -- sudo apt-get install sshfs"]],
  "mount-source-missing": [["form", "a folder of this machine"]],
  "no-space": [
    ["next", "strata images prune"],
    ["or", "strata df"],
  ],
};

/** A point whose memory cannot be loaded still has its disk. */
const withoutMemory: readonly Hint[] = [
  ["kept", "nothing was changed; the disk of the point can be gone back to"],
  ["did you mean", "--disk-only"],
];
const ofMemory: ReadonlySet<string> = new Set(["memory-foreign", "memory-missing"]);

/** `kind`: of the operation. Empty for a code that says nothing about what would help. */
export function hintsFor(code: string, reason: string, kind: string): readonly Hint[] {
  if (kind === "restore" && ofMemory.has(code)) return withoutMemory;
  if (code !== "disk-too-small") return byCode[code] ?? [];
  const least = /, which has (\d\S*)$/.exec(reason)?.[1];
  return least === undefined ? [] : [["did you mean", `--disk ${least}`]];
}
