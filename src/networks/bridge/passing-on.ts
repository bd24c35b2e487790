/** Whether the host passes on packets of others (net.ipv4.ip_forward): needed for a way out, and put back as it was. */
import type { Files } from "../../sys/files.ts";

const switchPath = "/proc/sys/net/ipv4/ip_forward";

export const passesOn = async (files: Pick<Files, "read">): Promise<boolean> =>
  (await value(files, switchPath)) !== "0";

const noteIn = (directory: string): string => `${directory}/ip-forward`;

/** Turns it on. What it was is noted before, once. */
export async function passOn(files: Files, directory: string): Promise<void> {
  if ((await value(files, switchPath)) !== "0") return;
  if ((await files.stat(noteIn(directory))) === undefined)
    await files.writeAtomically(noteIn(directory), Buffer.from("0\n"), 0o600);
  await set(files, "1");
}

/** Turns it off if it was off before us. */
export async function stopPassingOn(files: Files, directory: string): Promise<void> {
  if ((await files.stat(noteIn(directory))) === undefined) return;
  await set(files, "0");
  await files.remove(noteIn(directory));
}

const value = async (files: Pick<Files, "read">, path: string): Promise<string> =>
  Buffer.from(await files.read(path))
    .toString()
    .trim();

async function set(files: Files, to: "0" | "1"): Promise<void> {
  const file = await files.open(switchPath, "write");
  await file.write(Buffer.from(`${to}\n`), 0).finally(() => file.close());
}
