/** Opens a framed stream: an HTTP upgrade on the daemon's socket. */
import { UserError, exitCodes } from "../errors.ts";
import { requestUpgrade } from "../sys/upgrade.ts";
import type { FramesName } from "./contract.ts";
import { createFrameStream } from "./frame-stream.ts";
import type { FrameStream } from "./frame-stream.ts";
import { framesProtocol, protocolHeader, protocolVersion, versionHeader } from "./protocol.ts";
import { translate } from "./transport.ts";
import { fromWire } from "./wire.ts";

/** The stream, before its `open` frame. Throws what the daemon answered instead of switching, or the connection's trouble. */
export async function openFrames(socketPath: string, version: string, name: FramesName): Promise<FrameStream> {
  const head = [
    `GET /v1/${name} HTTP/1.1`,
    "Host: strata",
    "Connection: Upgrade",
    `Upgrade: ${framesProtocol}`,
    `${versionHeader}: ${version}`,
    `${protocolHeader}: ${protocolVersion}`,
  ];
  const { status, rest, socket } = await requestUpgrade(socketPath, `${head.join("\r\n")}\r\n\r\n`).catch(
    (error: unknown) => {
      throw translate(error, socketPath);
    },
  );
  if (status !== 101) {
    socket.destroy();
    throw (
      refusal(rest) ??
      new UserError("answer-invalid", `the daemon answered HTTP ${status} without a reason`, {
        exit: exitCodes.unreachable,
      })
    );
  }
  const stream = createFrameStream(socket, rest);
  socket.resume();
  return stream;
}

function refusal(body: Uint8Array): UserError | undefined {
  try {
    return fromWire(JSON.parse(new TextDecoder().decode(body)));
  } catch {
    return undefined;
  }
}
