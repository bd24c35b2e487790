/** A program for descriptor tests: copies stdin to stdout piece by piece, and says on stderr how it ended. */
import { readDescriptor, writeDescriptor } from "../../src/sys/descriptors.ts";
import { UserError } from "../../src/errors.ts";

let bytes = 0;
try {
  for await (const piece of readDescriptor(0)) {
    bytes += piece.length;
    await writeDescriptor(1, piece);
  }
  process.stderr.write(`end ${bytes}`);
} catch (error) {
  process.stderr.write(error instanceof UserError ? error.code : String(error));
}
process.exit(0);
