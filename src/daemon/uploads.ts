/** The daemon's side of an image upload: frames of a client into the vault. */
import type { FrameStream } from "../api/frame-stream.ts";
import { UserError } from "../errors.ts";
import type { Inspect, StoredImage, Vault } from "../images/vault.ts";

/** The bytes of the upload until the client says that they are all. */
async function* bytesOf(stream: FrameStream): AsyncGenerator<Uint8Array> {
  for (;;) {
    const frame = await stream.read();
    if (frame === undefined) throw new UserError("connection-lost", "the client left in the middle of the upload");
    if (frame.type === "eof") return;
    if (frame.type !== "stdin")
      throw new UserError("frame-invalid", `the client sent ${frame.type} in the middle of an upload`);
    yield frame.payload;
  }
}

/** Stores the image that a client sends after its `open` frame. Rejects as `Vault.add` does; does not answer the client. */
export async function receiveUpload(
  stream: FrameStream,
  {
    bytes,
    vault,
    inspect,
    signal,
  }: { bytes: number; vault: Pick<Vault, "add">; inspect: Inspect; signal: AbortSignal },
): Promise<StoredImage> {
  await stream.send("started", { window: 0 });
  return vault.add(bytesOf(stream), { expectedBytes: bytes, signal }, inspect);
}

/** Tells the client that its image is stored, and ends the stream. */
export async function answerUpload(
  stream: FrameStream,
  { sha256, format, virtualSize, bytes }: StoredImage,
): Promise<void> {
  await stream.send("exit", { sha256, format, virtualSize, bytes }).catch(() => undefined);
  stream.end();
}
