/** An image on its way from a client into the vault. */
import { describe, expect, test } from "bun:test";
import { contract } from "../../src/api/contract.ts";
import { createFrameStream } from "../../src/api/frame-stream.ts";
import { runUpload } from "../../src/api/upload-client.ts";
import { receiveOpen, refuse } from "../../src/daemon/session-frames.ts";
import { answerUpload, receiveUpload } from "../../src/daemon/uploads.ts";
import { UserError } from "../../src/errors.ts";
import type { Inspect, Vault } from "../../src/images/vault.ts";
import { socketPair } from "../api/sockets.ts";

const signal = () => new AbortController().signal;
const inspect: Inspect = async () => ({ format: "raw", virtualSize: 1 });
const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => "no error",
    (error: { code?: string }) => error.code,
  );

async function* chunks(count: number, size = 100_000): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < count; index++) yield new Uint8Array(size).fill(index);
}

/** A vault that keeps what it gets. `bytesMax`: it refuses in the middle, as a full disk does. */
function memoryVault(bytesMax = Infinity) {
  const kept: Uint8Array[] = [];
  const add: Vault["add"] = async (source) => {
    let bytes = 0;
    for await (const chunk of source) {
      kept.push(chunk.slice());
      bytes += chunk.length;
      if (bytes > bytesMax) throw new UserError("no-space", "there is no space for the image");
    }
    return { sha256: "a".repeat(64), format: "raw", virtualSize: 1, bytes, path: "/vault/a" };
  };
  return { kept, vault: { add } };
}

function upload(source: AsyncIterable<Uint8Array>, bytes: number, { vault, kept } = memoryVault(), abort = signal()) {
  const [near, far] = socketPair();
  const stream = createFrameStream(far);
  const serve = async () => {
    const open = await receiveOpen(stream, contract["image.upload"].input);
    const stored = await receiveUpload(stream, { bytes: open.bytes, vault, inspect, signal: stream.gone });
    await answerUpload(stream, stored);
  };
  const served = serve().catch(async (error) => {
    await refuse(stream, error);
    return error.code as string;
  });
  const progress: number[] = [];
  const open = { command: "0199d2a0-0000-7000-8000-000000000001", name: "disk.raw", bytes };
  const client = createFrameStream(near);
  const ran = client.send("open", open).then(() => runUpload(client, source, (sent) => progress.push(sent), abort));
  return { ran, served, kept, progress, near, far };
}

describe("an upload", () => {
  test("arrives whole and answers the digest", async () => {
    const { ran, kept, progress } = upload(chunks(30), 3_000_000);
    expect(await ran).toBe("a".repeat(64));
    const sent: Uint8Array[] = [];
    for await (const chunk of chunks(30)) sent.push(chunk);
    expect(Buffer.compare(Buffer.concat(kept), Buffer.concat(sent))).toBe(0);
    expect(progress.at(-1)).toBe(3_000_000);
  });

  test("that the vault refuses in the middle fails with the vault's reason", async () => {
    const { ran } = upload(chunks(1_000), 100_000_000, memoryVault(1_000_000));
    expect(await rejection(ran)).toBe("no-space");
  });

  test("of a client that leaves is not stored", async () => {
    const { ran, served, near } = upload(chunks(1_000), 100_000_000);
    near.destroy();
    expect(await rejection(ran)).toBe("daemon-gone");
    expect(await served).toBe("connection-lost");
  });

  test("that is cancelled ends with the reason, on both sides", async () => {
    const abort = new AbortController();
    async function* cancelledSoon() {
      yield* chunks(5);
      abort.abort(new UserError("cancelled", "by the user"));
      yield* chunks(1_000);
    }
    const { ran, served } = upload(cancelledSoon(), 100_000_000, memoryVault(), abort.signal);
    expect(await rejection(ran)).toBe("cancelled");
    expect(await served).toBe("connection-lost");
  });

  test("whose file cannot be read fails with that", async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(10);
      throw new UserError("image-unreadable", "the file went away");
    }
    const { ran, served } = upload(broken(), 100);
    expect(await rejection(ran)).toBe("image-unreadable");
    expect(await served).toBe("connection-lost");
  });
});
