/** Frames of the daemon that answer an upload or a download. */
import { UserError, exitCodes } from "../errors.ts";
import { frameJson } from "./bytes.ts";
import type { Frame } from "./bytes.ts";
import type { FrameStream } from "./frame-stream.ts";
import { fromWire } from "./wire.ts";

/** What does not belong here. `what`: the transfer that it answers. */
export const oddReply = (what: string, found: string): UserError =>
  new UserError("frame-invalid", `the daemon answered ${what} with ${found}`, { exit: exitCodes.unreachable });

/** The next frame; throws what the daemon reports, or `daemon-gone`. `what`: `an upload`, with its article. */
export async function nextReply(stream: FrameStream, what: string): Promise<Frame> {
  const frame = await stream.read();
  if (frame === undefined) {
    throw new UserError(
      "daemon-gone",
      `the connection to the daemon broke off during ${what.replace(/^an? /, "the ")}`,
      {
        exit: exitCodes.unreachable,
        hints: [["next", "strata daemon status"]],
      },
    );
  }
  if (frame.type === "error") throw fromWire(frameJson(frame)) ?? oddReply(what, "an error that cannot be read");
  return frame;
}
