/** Names for instances whose user gave none: a colour and an animal. */
import { animals, colors, uniqueNamesGenerator } from "unique-names-generator";

/** Animals that nobody wants to work in. */
const unloved = new Set(
  "asp bedbug booby bug cockroach earwig flea hookworm leech lemming louse mite mosquito planarian rat roundworm slug tapeworm termite tick worm".split(
    " ",
  ),
);
const dictionaries = [colors, animals.filter((animal) => !unloved.has(animal))];

/** A name made from four random bytes, for example `amber-otter`; some 18,000 there are. */
export function inventName(chance: Uint8Array): string {
  // The library takes a seed of 0 for none.
  const seed = Buffer.from(chance).readUInt32BE() + 1;
  return uniqueNamesGenerator({ dictionaries, separator: "-", length: 2, style: "lowerCase", seed });
}
