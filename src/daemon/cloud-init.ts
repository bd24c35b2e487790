/** cloud-init of an instance: the user's text on disk, and what is made of how it ended in the guest. */
import { UserError } from "../errors.ts";
import type { StepResult } from "../events/instance/commands.ts";
import type { InstanceState } from "../events/instance/state.ts";
import { hideValues } from "../guest/cloud-config.ts";
import type { CloudInitReport } from "../guest/cloud-init.ts";
import type { CloudInitDigest } from "../model/cloud-init.ts";
import type { Progress } from "../model/operation.ts";
import type { Files } from "../sys/files.ts";
import { sha256Hex } from "../sys/hash.ts";

export interface CloudInitStore {
  /** Keeps the text durably; its digest is what the log may hold. */
  keep(instanceId: string, text: string): Promise<CloudInitDigest>;
  /** Throws `cloud-init-lost` when it is gone or changed: a guest is not booted with less than it was promised. */
  read(instance: Pick<InstanceState, "id" | "name" | "cloudInit">): Promise<string | undefined>;
  forget(instanceId: string): Promise<void>;
  /** Removes the texts of launches that were never recorded. */
  collect(isKnown: (instanceId: string) => boolean): Promise<void>;
}

const suffix = ".yaml";

/** Texts lie in `directory` (0700), each as one file (0600). */
export function createCloudInitStore(directory: string, files: Files): CloudInitStore {
  const pathOf = (instanceId: string) => `${directory}/${instanceId}${suffix}`;
  return {
    async keep(instanceId, text) {
      const bytes = Buffer.from(text);
      await files.makeDirectory(directory, 0o700);
      await files.writeAtomically(pathOf(instanceId), bytes, 0o600);
      return { sha256: sha256Hex(bytes), bytes: bytes.length };
    },
    async read({ id, name, cloudInit }) {
      if (cloudInit === undefined) return undefined;
      const path = pathOf(id);
      const bytes = (await files.stat(path)) ? await files.read(path) : undefined;
      if (bytes && sha256Hex(bytes) === cloudInit.sha256) return Buffer.from(bytes).toString("utf8");
      throw new UserError(
        "cloud-init-lost",
        `the cloud-init text of "${name}" is ${bytes ? "changed" : "missing"}: ${path}`,
        { hints: [["why", `it had ${cloudInit.bytes} bytes and sha256 ${cloudInit.sha256}`]] },
      );
    },
    async forget(instanceId) {
      if (await files.stat(pathOf(instanceId))) await files.remove(pathOf(instanceId));
    },
    async collect(isKnown) {
      if (!(await files.stat(directory))) return;
      for (const name of await files.list(directory)) {
        const isKept = name.endsWith(suffix) && isKnown(name.slice(0, -suffix.length));
        if (!isKept) await files.remove(`${directory}/${name}`);
      }
    },
  };
}

/**
 * The step's result; throws `cloud-init-failed` with cloud-init's own message. `text`: the user's, whose values are taken
 * out of what the guest says, since both a failure's reason and a warning are recorded.
 */
export function judgeCloudInit(
  { status, messages }: CloudInitReport,
  text: string | undefined,
  progress: (progress: Progress) => void,
): StepResult {
  const said = messages.map((message) => (text === undefined ? message : hideValues(message, text))).join("; ");
  if (status === "error") throw new UserError("cloud-init-failed", said || "it tells no reason");
  const isUnused = text !== undefined && (status === "none" || status === "disabled");
  const detail = isUnused ? "the text of the launch was not applied" : said;
  if (detail !== "") progress({ kind: "note", label: "warning", text: `cloud-init: ${detail}` });
  return { step: "cloud-init", status, ...(detail === "" ? {} : { detail }) };
}
