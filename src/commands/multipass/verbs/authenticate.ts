/** `multipass authenticate`: whether a passphrase is the one that the daemon was given. */
import type { Secret } from "../../../model/secret.ts";
import type { MultipassContext } from "../context.ts";
import { failed, lineError, multipassExit } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";
import { askPassphrase } from "../passphrase.ts";

export const authenticate = defineMultipassVerb({
  name: "authenticate",
  aliases: ["auth"],
  summary: "Authenticate this client",
  about:
    "Show the daemon that this client may use it, by the passphrase that whoever looks after it has set (local.passphrase).",
  syntax: "[<passphrase>]",
  arguments: [{ name: "passphrase", about: "The passphrase. Without it, you are asked for it." }],
  options: {},
  async run(context, { words }) {
    if (words.length > 1) throw lineError("Too many arguments given");
    const passphrase = words[0] ?? (await typed(context));
    const { isSet, isRight } = await context.api.call("passphrase.check", { passphrase: passphrase as Secret<string> });
    if (!isSet)
      throw failed(
        "authenticate",
        "Incorrect passphrase. No passphrase is set. Please `multipass set local.passphrase` with a trusted client.",
      );
    if (!isRight) throw failed("authenticate", "Passphrase is not correct. Please try again.");
    return multipassExit.ok;
  },
});

async function typed(context: MultipassContext): Promise<string> {
  const passphrase = await askPassphrase(context);
  if (passphrase === "") throw lineError("No passphrase given");
  return passphrase;
}
