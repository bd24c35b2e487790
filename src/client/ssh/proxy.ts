/** The helper process `strata helper ssh-proxy FOLDER INSTANCE`, run by an SSH client as its ProxyCommand: the bytes of the guest's SSH server. */
import { readConfig } from "../../config.ts";
import { UserError, exitCodes } from "../../errors.ts";
import { errorLines, exitCodeOf } from "../../render/error.ts";
import { readDescriptor, writeDescriptor } from "../../sys/descriptors.ts";
import { systemIds } from "../../sys/ids.ts";
import { systemNetwork, type TcpSocket } from "../../sys/network.ts";
import { outputStream } from "../../sys/output.ts";
import { createContext } from "../context.ts";
import { readKey } from "./key.ts";

const connectMs = 30_000;

/** `keys`: the folder of this user's key. The exit code: 0 when the server hung up. What is wrong goes to standard error, which the SSH client shows. */
export async function runSshProxy(
  { keys, instance }: { readonly keys: string; readonly instance: string },
  version: string,
  debug: boolean,
): Promise<number> {
  const stderr = outputStream(2);
  try {
    const config = readConfig();
    const key = readKey(keys);
    if (!key)
      throw new UserError("ssh-key-missing", "this user has no key for instances yet", {
        exit: exitCodes.failed,
        hints: [["next", "strata ssh-config"]],
      });
    const { api } = createContext({ config, version, host: undefined, stderr, isFirstStartSilent: true });
    const address = await api.call("ssh.admit", { command: systemIds.next(), instance, key: key.publicKey });
    await carry(await systemNetwork.connectHalfOpen(address, AbortSignal.timeout(connectMs)));
    return exitCodes.ok;
  } catch (error) {
    stderr.write(`${errorLines(error, debug).join("\n")}\n`);
    return exitCodeOf(error);
  }
}

/** Until the server has ended; the client's end is handed on. */
async function carry(socket: TcpSocket): Promise<void> {
  const ended = Promise.withResolvers<void>();
  socket.on("error", () => ended.resolve()).on("close", () => ended.resolve());
  socket.on("end", () => ended.resolve());
  let written: Promise<void> = Promise.resolve();
  socket.on("data", (chunk) => {
    socket.pause();
    written = writeDescriptor(1, chunk).then(() => void socket.resume(), ended.resolve);
  });
  send(socket).catch(() => ended.resolve());
  await ended.promise;
  await written;
  socket.destroy();
}

async function send(socket: TcpSocket): Promise<void> {
  // A piece is valid until the next one is asked for, which is when the socket has taken it.
  for await (const piece of readDescriptor(0))
    await new Promise<void>((resolve, reject) => socket.write(piece, (error) => (error ? reject(error) : resolve())));
  socket.end();
}
