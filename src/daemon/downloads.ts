/** The daemon's side of a file that a client fetches. */
import { dataBytesMax } from "../api/bytes.ts";
import type { FrameStream } from "../api/frame-stream.ts";
import type { PastContent } from "../drivers/past-files.ts";

/** What it is, its bytes at the client's pace, and the end. Rejects as the content does, or with `connection-lost`. */
export async function sendFile(stream: FrameStream, { entry, kind, content }: PastContent): Promise<void> {
  await stream.send("started", { ...entry, kind });
  for await (const chunk of content)
    for (let at = 0; at < chunk.length; at += dataBytesMax)
      await stream.write("stdout", chunk.subarray(at, at + dataBytesMax));
  await stream.send("exit", { code: 0 });
  stream.end();
}
