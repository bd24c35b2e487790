/** The passphrase of this daemon: kept as a hash with its salt, and looked at one at a time, since each look takes memory and time on purpose. */
import { UserError, exitCodes } from "../errors.ts";
import type { Ids } from "../sys/ids.ts";
import { isSameHash, scryptHash } from "../sys/scrypt.ts";

const saltBytes = 16;
/** Whoever comes then is told to come again. */
const waitingMax = 16;

export interface Passphrases {
  /** In the form that the setting keeps. Both throw `passphrase-busy`. */
  hash(text: string): Promise<string>;
  /** `kept`: what `hash` made. */
  isRight(text: string, kept: string): Promise<boolean>;
}

export function createPassphrases(ids: Pick<Ids, "bytes">, derive: typeof scryptHash = scryptHash): Passphrases {
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = async (text: string, salt: Uint8Array): Promise<Uint8Array> => {
    if (waiting >= waitingMax) throw tooMany();
    waiting += 1;
    // The same letters can be typed as other code points on another machine.
    const turn = last.then(() => derive(text.normalize("NFC"), salt)).finally(() => (waiting -= 1));
    last = turn.catch(() => undefined);
    return turn;
  };
  return {
    async hash(text) {
      const salt = ids.bytes(saltBytes);
      return `scrypt:${hex(salt)}:${hex(await inTurn(text, salt))}`;
    },
    async isRight(text, kept) {
      const [, salt = "", hash = ""] = kept.split(":");
      return isSameHash(await inTurn(text, Buffer.from(salt, "hex")), Buffer.from(hash, "hex"));
    },
  };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const tooMany = () =>
  new UserError("passphrase-busy", `${waitingMax} passphrases are being looked at already`, {
    exit: exitCodes.refused,
    hints: [["next", "the same again in a second"]],
  });
