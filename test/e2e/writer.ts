/** A guest that writes to a mount and asks for each line to be kept, until its machine goes: what it was told is kept must be on the host. */
import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { type Home, until } from "./harness.ts";

/** Of a line: a number of eight digits, and its end. */
const lineBytes = 9;
/** So many are kept before the machine may go. */
const linesMin = 3;

export interface Writer {
  /** Ends with the session; then every line that was promised is in the host's file, whole and in its place. */
  check(): Promise<void>;
}

/** Writes in the mount `place` of the guest to what is `file` of the host. Resolves once it is in the middle of it. */
export async function startWriter(home: Home, place: string, file: string): Promise<Writer> {
  // From inside: a guest that unmounts before it goes would have the rest on its own disk.
  const script = `cd ${place}; i=0; while printf '%08d\\n' $i | dd of=${basename(file)} bs=${lineBytes} seek=$i conv=notrunc,fsync 2>/dev/null; do
echo $i; i=$((i+1)); done`;
  const child = home.start(["exec", "web", "--", "sh", "-c", script]);
  let promised = 0;
  const over = (async () => {
    for await (const chunk of child.stdout) promised += Buffer.from(chunk).toString().split("\n").length - 1;
  })();
  await until("the guest writes", () => promised >= linesMin);
  return {
    async check() {
      await Promise.all([over, child.exited]);
      const lines = readFileSync(file, "utf8").slice(0, promised * lineBytes);
      const wanted = Array.from({ length: promised }, (_, index) => `${String(index).padStart(8, "0")}\n`);
      expect(lines).toBe(wanted.join(""));
    },
  };
}
