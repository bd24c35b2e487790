/** The settings of the reference's daemon: under which of strata's own each is kept, and what it may be. */
import { UserError } from "../../../errors.ts";
import type { Secret } from "../../../model/secret.ts";
import type { MultipassContext } from "../context.ts";
import { bridgedKey } from "../launch/networks.ts";
import { perform } from "../perform.ts";
import { changeSetting } from "./change.ts";
import { daemonInvalid } from "./faults.ts";
import type { Assignment } from "./faults.ts";
import { readTruth } from "./truth.ts";

interface DaemonSetting {
  read(context: MultipassContext): Promise<string>;
  /** Throws `Stop` for what it cannot be. */
  write(context: MultipassContext, assignment: Assignment): Promise<void>;
}

/** The only one there is. */
const driver = "qemu";
const mountsKey = "mounts.enabled";
const mirrorKey = "images.mirror";
const passphraseKey = "passphrase";

async function valueOf({ api }: MultipassContext, key: string): Promise<string> {
  const rows = await api.call("settings.list", { key });
  return rows.find((row) => row.key === key)?.value ?? "";
}

export const daemonSettings = {
  "local.bridged-network": {
    read: (context) => valueOf(context, bridgedKey),
    write: (context, assignment) => changeAs(context, assignment, { key: bridgedKey, value: assignment.value }),
  },
  "local.driver": {
    read: () => Promise.resolve(driver),
    async write(_context, assignment) {
      if (assignment.value.toLowerCase() !== driver) throw daemonInvalid(assignment, "Invalid driver");
    },
  },
  "local.image.mirror": {
    read: (context) => valueOf(context, mirrorKey),
    async write(context, assignment) {
      const { value } = assignment;
      if (value !== "" && !/^https:\/\/./.test(value)) throw daemonInvalid(assignment, "Invalid URL: need https://");
      await changeAs(context, assignment, { key: mirrorKey, value: value === "" ? "" : value.replace(/\/*$/, "/") });
    },
  },
  "local.passphrase": {
    read: async (context) => String((await valueOf(context, passphraseKey)) === "set"),
    async write(context, { value }) {
      const passphrase = value as Secret<string>;
      await perform(context, {
        what: "set local.passphrase",
        send: () => context.api.call("passphrase.set", { command: context.newCommand(), passphrase }),
      });
    },
  },
  "local.privileged-mounts": {
    read: async (context) => String((await valueOf(context, mountsKey)) === "on"),
    write: (context, assignment) =>
      changeSetting(context, { key: mountsKey, value: readTruth(assignment) ? "on" : "off" }),
  },
} satisfies Record<string, DaemonSetting>;

export type DaemonKey = keyof typeof daemonSettings;

/** What strata refuses is said of the reference's key. */
async function changeAs(context: MultipassContext, asked: Assignment, own: Assignment): Promise<void> {
  try {
    await changeSetting(context, own);
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== "setting-invalid") throw error;
    throw daemonInvalid(asked, error.message);
  }
}
