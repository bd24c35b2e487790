/** Logins and sessions in a guest, over the real protocol on a loopback port. */
import net from "node:net";
import { afterEach, describe, expect, test } from "bun:test";
import type { ServerChannel } from "ssh2";
import { makeKeyPair } from "../../src/guest/keys.ts";
import { connectGuest } from "../../src/guest/ssh.ts";
import type { GuestConnection } from "../../src/guest/connection.ts";
import { systemNetwork as network } from "../../src/sys/network.ts";
import { otherKey, startGuest } from "./server.ts";
import type { Command, GuestServer } from "./server.ts";

const request = { words: ["run"], environment: {} };
const signal = () => AbortSignal.timeout(10_000);
/** Nobody waits here between two tries. */
const clock = { sleep: async () => {} };
const ways = () => ({ network, clock, signal: signal() });
const finish = (stream: ServerChannel, code: number) => {
  stream.exit(code);
  stream.end();
};
const text = async (source: AsyncIterable<Uint8Array>) => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk.slice());
  return Buffer.concat(chunks);
};

/** Waits for a condition that the other side brings about. */
async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 5_000 && !condition(); tries++) await Bun.sleep(1);
  expect(condition()).toBe(true);
}

let guest: GuestServer | undefined;
let connection: GuestConnection | undefined;
afterEach(async () => {
  connection?.close();
  await guest?.close();
});

async function connect(
  run: (command: Command) => void,
  options?: Parameters<typeof startGuest>[1],
): Promise<GuestConnection> {
  guest = await startGuest(run, options);
  connection = await connectGuest(guest.target, ways());
  return connection;
}
const open = async (run: (command: Command) => void, asked: Parameters<GuestConnection["open"]>[0] = request) =>
  (await connect(run)).open(asked, signal());

/** Stands before a guest's server: hangs up on the first that knock before a word is said, and joins the others to it. */
async function startDoor(to: GuestServer["target"]["endpoint"], hangUps: number) {
  let knocks = 0;
  const server = net.createServer((socket) => {
    knocks += 1;
    socket.on("error", () => {});
    if (knocks <= hangUps) return void socket.end();
    const inner = net.connect(to.port, to.host).on("error", () => {});
    socket.pipe(inner).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  return { endpoint: { host: "127.0.0.1", port }, knocks: () => knocks, close: () => void server.close() };
}

describe("a login", () => {
  test("is refused when another host key is shown, before anything of ours is sent", async () => {
    guest = await startGuest(() => {});
    const target = { ...guest.target, hostKey: otherKey.publicKey };
    await expect(connectGuest(target, ways())).rejects.toMatchObject({
      code: "host-key-mismatch",
      exit: 125,
    });
  });

  test("asks for nothing but to be let in with our key", async () => {
    await connect(() => {});
    expect(new Set(guest?.methods)).toEqual(new Set(["publickey"]));
  });

  test("says so when the guest does not know our key", async () => {
    guest = await startGuest(() => {});
    const target = { ...guest.target, privateKey: makeKeyPair("stranger").privateKey };
    await expect(connectGuest(target, ways())).rejects.toMatchObject({
      code: "guest-login-refused",
    });
  });

  test("fails as unreachable when nothing listens, and when what listens speaks no SSH", async () => {
    guest = await startGuest(() => {});
    const { target } = guest;
    await guest.close();
    await expect(connectGuest(target, ways())).rejects.toMatchObject({
      code: "guest-unreachable",
    });
    const web = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("web") });
    const endpoint = { host: "127.0.0.1", port: web.port ?? 0 };
    await expect(connectGuest({ ...target, endpoint }, ways())).rejects.toMatchObject({
      code: "guest-unreachable",
    });
    await web.stop(true);
  });

  test("is asked for again where the guest hangs up before it greets, and not for ever", async () => {
    guest = await startGuest(() => {});
    const few = await startDoor(guest.target.endpoint, 3);
    connection = await connectGuest({ ...guest.target, endpoint: few.endpoint }, ways());
    expect([connection.isAlive(), few.knocks()]).toEqual([true, 4]);
    const all = await startDoor(guest.target.endpoint, Infinity);
    await expect(connectGuest({ ...guest.target, endpoint: all.endpoint }, ways())).rejects.toMatchObject({
      code: "guest-unreachable",
      message: expect.stringContaining("before handshake"),
    });
    expect(all.knocks()).toBe(8);
    for (const door of [few, all]) door.close();
  });

  test("ends with the reason of the signal", async () => {
    const silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
    guest = await startGuest(() => {});
    const endpoint = { host: "127.0.0.1", port: silent.port };
    const abort = new AbortController();
    const failed = connectGuest({ ...guest.target, endpoint }, { ...ways(), signal: abort.signal });
    abort.abort(new Error("the user said no"));
    await expect(failed).rejects.toThrow("the user said no");
    silent.stop(true);
  });
});

describe("a session", () => {
  test("gives exit code and both outputs apart, binary-safe", async () => {
    const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const channel = await open(({ stream }) => {
      stream.write(every);
      stream.stderr.write(Buffer.from("err"));
      finish(stream, 7);
    });
    const [out, error] = await Promise.all([text(channel.stdout), text(channel.stderr)]);
    expect(out).toEqual(every);
    expect(error.toString()).toBe("err");
    expect(await channel.exit).toEqual({ code: 7 });
  });

  test("runs the quoted line", async () => {
    let line: string | undefined = "";
    const channel = await open(
      (command) => {
        line = command.line;
        finish(command.stream, 0);
      },
      { words: ["ls", "$HOME"], environment: { A: "1" }, directory: "/srv" },
    );
    await Promise.all([text(channel.stdout), text(channel.stderr)]);
    expect(line).toBe("cd -- '/srv' || exit 125; env 'A=1' 'ls' '$HOME'");
  });

  test("finds its channel open already, and leaves one open for the next", async () => {
    const connection = await connect(({ stream }) => finish(stream, 0));
    await until(() => guest?.channels() === 1);
    const channel = await connection.open(request, signal());
    await Promise.all([text(channel.stdout), text(channel.stderr)]);
    expect(await channel.exit).toEqual({ code: 0 });
    await until(() => guest?.channels() === 2);
  });

  test("asks for a channel of its own when the one kept ahead was closed", async () => {
    const connection = await connect(({ stream }) => finish(stream, 0), { closesFirst: true });
    await until(() => guest?.channels() === 1);
    const channel = await connection.open(request, signal());
    await Promise.all([text(channel.stdout), text(channel.stderr)]);
    expect(await channel.exit).toEqual({ code: 0 });
  });

  test("asks for a subsystem by its name, and tells it the end of its input", async () => {
    const lines: (string | undefined)[] = [];
    const channel = await open(
      ({ line, stream }) => {
        lines.push(line);
        stream.on("data", (chunk: Buffer) => stream.write(chunk));
        stream.on("end", () => finish(stream, 0));
      },
      { subsystem: "sftp", environment: {} },
    );
    await channel.write(Buffer.from("said"));
    channel.end();
    expect((await text(channel.stdout)).toString()).toBe("said");
    expect(await channel.exit).toEqual({ code: 0 });
    expect(lines).toEqual(["subsystem sftp"]);
  });

  test("carries stdin and its end", async () => {
    const channel = await open(({ stream }) => {
      stream.pipe(stream, { end: false });
      stream.on("end", () => finish(stream, 0));
    });
    const echoed = text(channel.stdout);
    const sent = new Uint8Array(5_000_000).map((_, index) => index % 251);
    for (let at = 0; at < sent.length; at += 65_536) await channel.write(sent.subarray(at, at + 65_536));
    channel.end();
    expect(Buffer.compare(await echoed, sent)).toBe(0);
    await text(channel.stderr);
    expect(await channel.exit).toEqual({ code: 0 });
  });

  test("holds the guest back while its output is not taken", async () => {
    let written = 0;
    const channel = await open(({ stream }) => {
      const piece = Buffer.alloc(65_536);
      const more = () => {
        written += piece.length;
        if (written < 64 * 2 ** 20) stream.write(piece, more);
      };
      more();
    });
    await Bun.sleep(200);
    expect(written).toBeLessThan(16 * 2 ** 20);
    channel.close();
  });

  test("tells the signal that ended the command", async () => {
    const channel = await open(({ stream }) => {
      (stream.exit as (name: string, dumped: boolean, message: string) => void)("KILL", false, "");
      stream.end();
    });
    await Promise.all([text(channel.stdout), text(channel.stderr)]);
    expect(await channel.exit).toEqual({ signal: "KILL" });
  });

  test("has a terminal with its size when one is asked for, and passes later sizes and signals", async () => {
    const started = Promise.withResolvers<Command>();
    const channel = await open(started.resolve, {
      words: undefined,
      environment: {},
      terminal: { term: "xterm", columns: 80, rows: 24 },
    });
    const command = await started.promise;
    expect(command.terminal).toEqual({ term: "xterm", cols: 80, rows: 24 });
    expect(command.line).toBeUndefined();
    channel.resize(100, 30);
    channel.signal("INT");
    while (command.heard.length < 2) await Bun.sleep(1);
    expect(command.heard).toEqual(["size 100x30", "signal INT"]);
    channel.close();
  });

  test("is lost when the guest goes away", async () => {
    const started = Promise.withResolvers<Command>();
    const channel = await open(started.resolve);
    await started.promise;
    guest?.connections[0]?.end();
    await Promise.all([text(channel.stdout), text(channel.stderr)]);
    expect(await channel.exit).toHaveProperty("lost");
    await expect(channel.write(Buffer.from("x"))).rejects.toMatchObject({ code: "session-over" });
    expect(connection?.isAlive()).toBe(false);
  });

  test("takes no input after the command is over", async () => {
    const channel = await open(({ stream }) => finish(stream, 0));
    await Promise.all([text(channel.stdout), text(channel.stderr)]);
    await channel.exit;
    await expect(channel.write(Buffer.from("x"))).rejects.toMatchObject({ code: "session-over" });
  });

  test("that is closed frees its place, whatever the guest still sends", async () => {
    const kept = await connect(({ stream }) => void stream.write(Buffer.alloc(100_000)), { sessionsMax: 1 });
    const first = await kept.open(request, signal());
    await expect(kept.open(request, signal())).rejects.toMatchObject({ code: "session-refused" });
    first.close();
    expect(await first.exit).toHaveProperty("lost");
    let second: unknown;
    while (second === undefined) second = await kept.open(request, signal()).catch(() => undefined);
    expect(second).toBeDefined();
  });
});
