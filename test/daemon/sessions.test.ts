/** exec and shell between a client and a guest's command: both ends of the frames, with the network and the guest played by the test. */
import { describe, expect, test } from "bun:test";
import { stdinWindowBytes } from "../../src/api/bytes.ts";
import { contract } from "../../src/api/contract.ts";
import { createFrameStream } from "../../src/api/frame-stream.ts";
import { runSession } from "../../src/api/session-client.ts";
import type { SessionStdio } from "../../src/api/session-client.ts";
import { receiveOpen, refuse } from "../../src/daemon/session-frames.ts";
import { serveSession } from "../../src/daemon/sessions.ts";
import type { TimeLimit } from "../../src/daemon/time-limit.ts";
import { UserError } from "../../src/errors.ts";
import { socketPair } from "../api/sockets.ts";
import { fakeChannel } from "./channels.ts";

const open = { command: "0199d2a0-0000-7000-8000-000000000001", instance: "web", words: ["true"], environment: {} };
const bytes = (text: string) => new TextEncoder().encode(text);
const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => "no error",
    (error: { code?: string }) => error.code,
  );

async function* from(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
/** A terminal at which nobody types. */
const never: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) };

/** Waits for a condition that other work brings about. */
async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 2_000; tries++) {
    if (condition()) return;
    await Bun.sleep(1);
  }
  throw new Error("the condition did not come true");
}

/** A client and a daemon joined by a connection in memory. */
function session(
  options: {
    stdin?: AsyncIterable<Uint8Array>;
    takes?: boolean;
    stdio?: Partial<SessionStdio>;
    signal?: AbortSignal;
    limit?: TimeLimit;
  } = {},
) {
  const [near, far] = socketPair();
  const guest = fakeChannel({ takes: options.takes ?? true });
  const output: Record<"stdout" | "stderr", string> = { stdout: "", stderr: "" };
  const stdio: SessionStdio = {
    stdin: options.stdin ?? from(),
    stdout: async (chunk) => void (output.stdout += Buffer.from(chunk).toString()),
    stderr: async (chunk) => void (output.stderr += Buffer.from(chunk).toString()),
    ...options.stdio,
  };
  const stream = createFrameStream(far);
  const served = receiveOpen(stream, contract["session.open"].input).then(() =>
    serveSession(stream, { channel: guest.channel, session: "s-1", limit: options.limit }),
  );
  const client = createFrameStream(near);
  const ran = client.send("open", open).then(() => runSession(client, stdio, options.signal));
  return { guest, output, served, ran, near, far, stream };
}

describe("a session", () => {
  test("carries both outputs apart and the exit code", async () => {
    const { guest, output, served, ran } = session();
    guest.stdout.push(bytes("out"));
    guest.stderr.push(bytes("err"));
    guest.finish({ code: 7 });
    expect(await ran).toEqual({ code: 7 });
    expect(await served).toEqual({ code: 7 });
    expect(output).toEqual({ stdout: "out", stderr: "err" });
  });

  test("tells which signal ended the command", async () => {
    const { guest, ran } = session();
    guest.finish({ signal: "KILL" });
    expect(await ran).toEqual({ signal: "KILL" });
  });

  test("that ended because its time was up says so, whatever the command made of it", async () => {
    const limit = { isOver: () => true, givenUp: new Promise<never>(() => {}), disarm: () => {} };
    const ended = session({ limit });
    ended.guest.finish({ code: 0 });
    expect(await ended.ran).toEqual({ timedOut: true });
    const lost = session({ limit });
    lost.guest.finish({ lost: "its server was killed too" });
    expect(await lost.ran).toEqual({ timedOut: true });
  });

  test("whose command outlives its limit is left with an error", async () => {
    const givenUp = Promise.withResolvers<never>();
    givenUp.promise.catch(() => {});
    const { guest, ran } = session({ limit: { isOver: () => true, givenUp: givenUp.promise, disarm: () => {} } });
    givenUp.reject(new UserError("command-not-ended", "it did not end", { exit: 125 }));
    await expect(ran).rejects.toMatchObject({ code: "command-not-ended", exit: 125 });
    expect(guest.heard).toEqual(["signal HUP", "close"]);
  });

  test("is told to its client by the id that the log has", async () => {
    const heard: string[] = [];
    const { guest, ran } = session({ stdio: { onStarted: (id) => heard.push(id) } });
    guest.finish({ code: 0 });
    await ran;
    expect(heard).toEqual(["s-1"]);
  });

  test("carries stdin and its end", async () => {
    const { guest, ran } = session({ stdin: from(bytes("a"), bytes("b")) });
    await until(() => guest.heard.includes("end"));
    guest.finish({ code: 0 });
    await ran;
    expect(Buffer.concat(guest.written).toString()).toBe("ab");
  });

  test("carries far more stdin than the window, all of it in order", async () => {
    const chunks = Array.from({ length: 80 }, (_, index) => new Uint8Array(100_000).fill(index));
    const { guest, ran } = session({ stdin: from(...chunks) });
    await until(() => guest.heard.includes("end"));
    guest.finish({ code: 0 });
    await ran;
    expect(Buffer.compare(Buffer.concat(guest.written), Buffer.concat(chunks))).toBe(0);
  });

  test("sends no more than the window to a command that does not read, and signals still pass", async () => {
    let pulled = 0;
    async function* endless() {
      for (;;) {
        pulled += 65_536;
        yield new Uint8Array(65_536);
      }
    }
    let signal: (name: string) => void = () => {};
    let resize: (size: { columns: number; rows: number }) => void = () => {};
    const stdio: Partial<SessionStdio> = {
      onSignal: (listener) => ((signal = listener), () => {}),
      onResize: (listener) => ((resize = listener), () => {}),
    };
    const { guest, ran } = session({ stdin: endless(), takes: false, stdio });
    await until(() => pulled > stdinWindowBytes);
    signal("INT");
    resize({ columns: 100, rows: 30 });
    await until(() => guest.heard.length === 2);
    expect(guest.heard).toEqual(["signal INT", "resize 100 30"]);
    expect(pulled).toBeLessThanOrEqual(stdinWindowBytes + 65_536);
    guest.finish({ signal: "INT" });
    expect(await ran).toEqual({ signal: "INT" });
  });

  test("holds the guest back while the caller does not take output", async () => {
    const isOpen = Promise.withResolvers<void>();
    const { guest, ran } = session({ stdio: { stdout: () => isOpen.promise } });
    for (let count = 0; count < 100; count++) guest.stdout.push(new Uint8Array(65_536));
    await Bun.sleep(20);
    expect(guest.stdout.waiting()).toBeGreaterThan(80);
    isOpen.resolve();
    guest.finish({ code: 0 });
    expect(await ran).toEqual({ code: 0 });
  });

  test("hangs the command up when the client vanishes, even while stdin is stuck", async () => {
    const { guest, served, near, ran } = session({ stdin: from(new Uint8Array(3_000_000)), takes: false });
    ran.catch(() => {});
    await until(() => guest.written.length > 0);
    near.destroy();
    expect(await served).toEqual({ gone: true });
    expect(guest.heard).toEqual(["signal HUP", "close"]);
  });

  test("ends with an error of strata's own when the guest is lost", async () => {
    const { guest, ran, served } = session();
    guest.finish({ lost: "the guest closed the connection" });
    await expect(ran).rejects.toMatchObject({ code: "session-lost", exit: 125 });
    expect(await served).toEqual({ lost: "the guest closed the connection" });
  });

  test("ends as daemon-gone when the daemon dies", async () => {
    const { far, ran, served, stream } = session({ stdin: never });
    await until(() => !stream.gone.aborted);
    await Bun.sleep(5);
    far.destroy();
    await expect(ran).rejects.toMatchObject({ code: "daemon-gone", exit: 125 });
    await served;
  });

  test("ends with the reason of the caller's signal, and hangs the command up", async () => {
    const abort = new AbortController();
    const { guest, ran, served } = session({ stdin: never, signal: abort.signal });
    await Bun.sleep(5);
    abort.abort(new UserError("interrupted", "twice"));
    expect(await rejection(ran)).toBe("interrupted");
    expect(await served).toEqual({ gone: true });
    expect(guest.heard).toEqual(["signal HUP", "close"]);
  });

  test("ends when the caller's output is closed", async () => {
    const { guest, ran, served } = session({
      stdio: { stdout: () => Promise.reject(new UserError("output-closed", "no reader")) },
    });
    guest.stdout.push(bytes("x"));
    expect(await rejection(ran)).toBe("output-closed");
    expect(await served).toEqual({ gone: true });
  });

  test("reads nothing of the caller's stdin before the command runs", async () => {
    const [near, far] = socketPair();
    let isPulled = false;
    async function* stdin() {
      isPulled = true;
      yield bytes("x");
    }
    const stream = createFrameStream(far);
    const stdio = { stdin: stdin(), stdout: async () => {}, stderr: async () => {} };
    const client = createFrameStream(near);
    const ran = client.send("open", open).then(() => runSession(client, stdio));
    await receiveOpen(stream, contract["session.open"].input);
    await refuse(stream, new UserError("instance-not-found", "no instance web"));
    expect(await rejection(ran)).toBe("instance-not-found");
    expect(isPulled).toBe(false);
  });
});

describe("a client that breaks the protocol", () => {
  const serve = async (send: (stream: ReturnType<typeof createFrameStream>) => Promise<void>) => {
    const [near, far] = socketPair();
    const guest = fakeChannel({ takes: false });
    const client = createFrameStream(near);
    const served = serveSession(createFrameStream(far), { channel: guest.channel, session: "s-1" });
    await client.read();
    await send(client);
    const answer = await client.read();
    return { answer: answer?.type, served: await served, heard: guest.heard };
  };
  test.each([
    [
      "more stdin than granted",
      async (client: ReturnType<typeof createFrameStream>) => {
        for (let sent = 0; sent <= stdinWindowBytes; sent += 65_536)
          await client.write("stdin", new Uint8Array(65_536));
      },
    ],
    [
      "a signal with an odd name",
      (client: ReturnType<typeof createFrameStream>) => client.send("signal", { name: "kill -9" }),
    ],
    [
      "a signal that SSH has no name for",
      (client: ReturnType<typeof createFrameStream>) => client.send("signal", { name: "WINCH" }),
    ],
    [
      "a size of nothing",
      (client: ReturnType<typeof createFrameStream>) => client.send("resize", { columns: 0, rows: 10 }),
    ],
    ["a frame of the daemon's", (client: ReturnType<typeof createFrameStream>) => client.send("exit", { code: 0 })],
  ])("is told so, and its command is hung up: %s", async (_, send) => {
    expect(await serve(send)).toEqual({ answer: "error", served: { gone: true }, heard: ["signal HUP", "close"] });
  });

  test("is refused when its first frame is not open, or is no valid input", async () => {
    const first = async (type: "eof" | "open", value?: unknown) => {
      const [near, far] = socketPair();
      const client = createFrameStream(near);
      const opened = rejection(receiveOpen(createFrameStream(far), contract["session.open"].input));
      await (value === undefined ? client.write(type) : client.send(type, value));
      return opened;
    };
    expect(await first("eof")).toBe("frame-invalid");
    expect(await first("open", { instance: 7 })).toBe("frame-invalid");
  });
});
