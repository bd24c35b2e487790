/** Finds the virtiofsd to use: the carried one, whichever QEMU runs the machines, or one of the host's that is new enough. */
import { UserError } from "../../errors.ts";
import { findProgram } from "../../sys/program-path.ts";
import type { FileServer } from "../mounts.ts";
import { carriedFileServer, carriedQemu } from "./carried.ts";
import type { CarriedQemu } from "./carried.ts";
import { unpacked } from "./locate.ts";
import type { LocatePorts } from "./locate.ts";

/** Distributions keep it out of everybody's PATH. */
const folders = "/usr/libexec:/usr/lib/virtiofsd:/usr/lib/qemu:/usr/lib:/usr/bin:/usr/local/bin";
const versionLimits = { timeoutMs: 10_000, outputBytesMax: 4 * 2 ** 10 };
/** `--uid-map` and `--readonly` are there from here on. QEMU's own, up to 7.2, has neither, and its version is QEMU's. */
const oldest = { major: 1, minor: 10 };

/** Throws `mount-unsupported`, and as unpacking does. */
export async function locateFileServer(
  ports: LocatePorts,
  carried: CarriedQemu | undefined = carriedQemu(),
): Promise<FileServer> {
  if (carried !== undefined) {
    await unpacked(carried, ports);
    const server = carriedFileServer(carried, ports.unpackDirectory);
    if ((await ports.files.stat(server.words.at(-1) ?? "")) !== undefined) return server;
  }
  const program = findProgram("virtiofsd", folders);
  if (program !== undefined && (await isNewEnough(program, ports)))
    return { kind: "system", words: [program], env: { LC_ALL: "C", PATH: "/usr/bin:/bin" } };
  throw new UserError("mount-unsupported", "native mounts need virtiofsd 1.10 or later, and this host has none", {
    hints: [
      ["next", "sudo apt-get install virtiofsd"],
      ["or", "strata mount --type classic"],
    ],
  });
}

async function isNewEnough(program: string, { processes }: LocatePorts): Promise<boolean> {
  const limits = { ...versionLimits, env: { LC_ALL: "C" }, signal: AbortSignal.timeout(versionLimits.timeoutMs) };
  const { stdout } = await processes.run([program, "--version"], limits).catch(() => ({ stdout: "" }));
  const [, major = 0, minor = 0] = (/^virtiofsd (\d+)\.(\d+)/.exec(stdout) ?? []).map(Number);
  return major > oldest.major || (major === oldest.major && minor >= oldest.minor);
}
