/** A program for the race: exchanges two names in a folder for ever, and says every so often how many times. `FOLDER ONE OTHER` */
import { openSync } from "node:fs";
import { allocate } from "../../src/sys/calls.ts";
import { dlopen, FFIType } from "bun:ffi";

const [folder = "", one = "", other = ""] = process.argv.slice(2);
const renameExchange = 2;
const number = process.arch === "arm64" ? 276 : 316;
const long = FFIType.i64_fast;
const saidEvery = 100;

const { symbols } = dlopen("libc.so.6", {
  syscall: { args: [long, long, long, long, long, long], returns: long },
});
const directory = openSync(folder, "r");
const place = (text: string) => {
  const memory = allocate(text.length + 1);
  memory.bytes.write(text);
  return memory;
};
const [first, second] = [place(one), place(other)];
for (let count = 1; ; count++) {
  if (symbols.syscall(number, directory, first.address, directory, second.address, renameExchange) !== 0)
    throw new Error("the names could not be exchanged");
  if (count === saidEvery) process.stdout.write("swapping\n");
}
