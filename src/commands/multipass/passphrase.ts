/** A passphrase, typed at the terminal and not shown. */
import type { MultipassContext } from "./context.ts";
import { lineError } from "./stop.ts";

type Asking = Pick<MultipassContext, "askHidden">;

/** Throws `Stop` when the terminal was closed. */
export async function askPassphrase({ askHidden }: Asking, question = "Please enter passphrase"): Promise<string> {
  return answered(await askHidden(`${question}: `));
}

/** What was typed; throws `Stop` when nothing was, not even the key that ends a line. */
export function answered(answer: string | undefined): string {
  if (answer === undefined) throw lineError("Failed to read value");
  return answer;
}

/** A new one, typed twice. */
export async function askNewPassphrase(asking: Asking): Promise<string> {
  const passphrase = await askPassphrase(asking);
  const again = await askPassphrase(asking, "Please re-enter passphrase");
  if (passphrase !== again) throw lineError("Passphrases do not match");
  return passphrase;
}
