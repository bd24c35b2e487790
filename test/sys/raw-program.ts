/** A program for terminal tests: enters raw mode, says what it reads as hexadecimal, and ends in the way its argument names. */
import { readDescriptor } from "../../src/sys/descriptors.ts";
import { enterRawMode, terminalSize } from "../../src/sys/terminal.ts";

const [how] = process.argv.slice(2);
const restore = enterRawMode();
const size = terminalSize();
process.stdout.write(`size ${size?.columns}x${size?.rows}\r\nready\r\n`);

async function read(): Promise<void> {
  for await (const bytes of readDescriptor(0)) {
    process.stdout.write(`read ${Buffer.from(bytes).toString("hex")}\r\n`);
    if (!bytes.includes(0x71)) continue; // q
    if (how === "restore") restore();
    if (how === "throw") setTimeout(() => Promise.reject(new Error("a bug")), 0);
    else if (how !== "wait") process.exit(0);
  }
}
// Not awaited: Bun 1.4.5 never ends after an uncaught error while a module waits at its top level.
void read();
