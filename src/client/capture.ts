/** The first bytes of an output; the rest is counted and dropped, so that whoever writes is not held back. */
import type { CapturedOutput } from "../model/captured.ts";

export interface Capture {
  take(chunk: Uint8Array): Promise<void>;
  taken(): CapturedOutput;
}

export function createCapture(bytesMax: number): Capture {
  const kept: Uint8Array[] = [];
  let [keptBytes, allBytes] = [0, 0];
  return {
    async take(chunk) {
      allBytes += chunk.length;
      // A copy: the chunk's memory is the connection's. (A Buffer's own slice is none.)
      const part = Uint8Array.from(chunk.subarray(0, bytesMax - keptBytes));
      keptBytes += part.length;
      if (part.length > 0) kept.push(part);
    },
    taken: () => ({ bytes: Buffer.concat(kept), allBytes }),
  };
}
