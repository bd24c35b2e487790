/** Opens a framed stream: an HTTP upgrade on the daemon's socket. */
import { UserError, exitCodes } from "../errors.ts";
import { requestUpgrade } from "../sys/upgrade.ts";
import { encodeFrame, encodeJson } from "./bytes.ts";
import { type ApiClient, isCode } from "./client.ts";
import type { FramesName, Input } from "./contract.ts";
import { createFrameStream } from "./frame-stream.ts";
import type { FrameStream } from "./frame-stream.ts";
import {
  framesProtocol,
  greetedHeader,
  greetingNeededCode,
  protocolHeader,
  protocolVersion,
  versionHeader,
} from "./protocol.ts";
import { absentCode, brokenCode, refusedCode, translate } from "./transport.ts";
import { fromWire } from "./wire.ts";

/**
 * The stream, its `open` frame sent with the request, so that the daemon can begin at once. Asked for without a greeting, which would cost as much again; a daemon that is not
 * there, is another version's, or has something to say first is then greeted (and so started, replaced or heard), and asked
 * once more. Throws what the daemon answered instead of switching, or the connection's trouble.
 */
export async function openFrames<Name extends FramesName>(
  api: ApiClient,
  version: string,
  name: Name,
  open: Input<Name>,
): Promise<FrameStream> {
  api.trust();
  const frame = encodeFrame("open", encodeJson(open));
  try {
    return await upgrade(api.target.socket, version, name, frame, false);
  } catch (error) {
    if (![absentCode, brokenCode, refusedCode, greetingNeededCode].some((code) => isCode(error, code))) throw error;
  }
  await api.ready();
  return upgrade(api.target.socket, version, name, frame, true);
}

async function upgrade(
  socket: string,
  version: string,
  name: FramesName,
  open: Uint8Array,
  isGreeted: boolean,
): Promise<FrameStream> {
  const head = [
    `GET /v1/${name} HTTP/1.1`,
    "Host: strata",
    "Connection: Upgrade",
    `Upgrade: ${framesProtocol}`,
    `${versionHeader}: ${version}`,
    `${protocolHeader}: ${protocolVersion}`,
    ...(isGreeted ? [`${greetedHeader}: yes`] : []),
  ];
  const request = Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), open]);
  const { status, rest, stream } = await requestUpgrade(socket, request).catch((error: unknown) => {
    throw translate(error, socket);
  });
  if (status !== 101) {
    stream.destroy();
    throw (
      refusal(rest) ??
      new UserError("answer-invalid", `the daemon answered HTTP ${status} without a reason`, {
        exit: exitCodes.unreachable,
      })
    );
  }
  const frames = createFrameStream(stream, rest);
  stream.resume();
  return frames;
}

function refusal(body: Uint8Array): UserError | undefined {
  try {
    return fromWire(JSON.parse(new TextDecoder().decode(body)));
  } catch {
    return undefined;
  }
}
