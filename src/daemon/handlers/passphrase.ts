/** The calls about the daemon's passphrase: its clear text is here, and nowhere behind. */
import type { CallHandlers } from "../../api/server.ts";
import { settingOf } from "../../events/settings/settings.ts";
import { createPassphrases } from "../passphrase.ts";
import { answerAgain, change } from "./change.ts";
import type { Caller, Daemon } from "./context.ts";

type Names = "passphrase.set" | "passphrase.check";

const key = "passphrase";

export function passphraseHandlers(daemon: Daemon): Pick<CallHandlers<Caller>, Names> {
  const { dispatcher } = daemon;
  const passphrases = createPassphrases(daemon.ids);
  return {
    "passphrase.set": async ({ passphrase, ...input }, caller) => {
      const seen = dispatcher.remembered(input.command);
      if (seen) return answerAgain(daemon, seen);
      const value = passphrase === "" ? "" : await passphrases.hash(passphrase);
      return change(daemon, caller, input, () => ({ type: "change-setting", key, value }), "is not set");
    },
    "passphrase.check": async ({ passphrase }) => {
      const kept = await dispatcher.read(({ settings }) => settingOf(settings, key));
      if (kept === "") return { isSet: false, isRight: false };
      return { isSet: true, isRight: await passphrases.isRight(passphrase, kept) };
    },
  };
}
