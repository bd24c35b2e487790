/** Standard input and output as ends of a transfer. */
import { readDescriptor, writeDescriptor } from "../../sys/descriptors.ts";
import { pieceBytes } from "./job.ts";
import type { Sink, Source } from "./side.ts";

const descriptors = { input: 0, output: 1 } as const;

/** In order, whatever offset is asked for; `signal` ends the wait for somebody who types. */
export function standardInput(signal: AbortSignal): Source {
  const input = readDescriptor(descriptors.input);
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => undefined);
  signal.addEventListener("abort", () => aborted.reject(signal.reason), { once: true });
  return {
    async read() {
      const parts: Uint8Array[] = [];
      // A pipe gives little at a time, and a piece is a request to the guest.
      for (let bytes = 0; bytes <= pieceBytes / 2;) {
        const next = await Promise.race([input.next(), aborted.promise]);
        if (next.done) break;
        // It is valid until the next one is asked for.
        parts.push(next.value.slice());
        bytes += next.value.length;
      }
      return Buffer.concat(parts);
    },
    close: async () => {},
  };
}

export const standardOutput: Sink = {
  isOrdered: true,
  write: (bytes) => writeDescriptor(descriptors.output, bytes),
  setAttributes: async () => {},
  close: async () => {},
};
