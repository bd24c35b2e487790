/** Relays: bytes at the pace of the slower side, ends of one direction, many connections, datagrams, and the helper that keeps them. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRelayHelper } from "../../src/networks/forward/client.ts";
import { createDesk } from "../../src/networks/forward/desk.ts";
import type { OpenRelay, Relay } from "../../src/networks/forward/relay.ts";
import { connectionsMax, openTcpRelay } from "../../src/networks/forward/tcp.ts";
import { flowsMax, openUdpRelay, silentMsMax } from "../../src/networks/forward/udp.ts";
import { systemClock } from "../../src/sys/clock.ts";
import { systemFiles } from "../../src/sys/files.ts";
import { systemHostPorts } from "../../src/sys/host-ports.ts";
import { systemProcesses } from "../../src/sys/process.ts";
import { systemSockets } from "../../src/sys/socket.ts";
import { createSimulatedClock } from "../simulation/clock.ts";

const bind = "127.0.0.1";
const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

async function serverOf(serve: (socket: Socket) => void, allowHalfOpen = true): Promise<number> {
  const server: Server = createServer({ allowHalfOpen }, serve).listen(0, bind);
  await once(server, "listening");
  opened.push(() => server.close());
  return (server.address() as { port: number }).port;
}

async function relayTo(port: number, protocol: "tcp" | "udp" = "tcp", host = bind): Promise<Relay> {
  return { protocol, bind, host: await systemHostPorts.free({ protocol, bind }), to: { host, port } };
}

async function relayed(serve: (socket: Socket) => void): Promise<Relay & { readonly relay: OpenRelay }> {
  const plan = await relayTo(await serverOf(serve));
  const relay = await openTcpRelay(plan);
  opened.push(() => relay.close(true));
  return { ...plan, relay };
}

async function dial(port: number): Promise<Socket> {
  const socket = connect({ port, host: bind, allowHalfOpen: true });
  socket.on("error", () => socket.destroy());
  opened.push(() => socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** All that it says until its end; what goes the other way is left alone. */
async function textOf(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk) => (text += String(chunk)));
  await once(socket, "end");
  return text;
}

/** The other side has hung up. */
async function hungUp(socket: Socket): Promise<void> {
  socket.resume();
  await Promise.race([once(socket, "end"), once(socket, "close")]);
}

describe("a relay of TCP", () => {
  test("hands on the end of one direction, and then still what comes back", async () => {
    const { host } = await relayed(async (socket) => socket.end(`heard ${await textOf(socket)}`));
    const socket = await dial(host);
    socket.end("all of it");
    expect(await textOf(socket)).toBe("heard all of it");
  });

  test("hands on the server's end, and then still what the client says", async () => {
    const heard = Promise.withResolvers<string>();
    const { host } = await relayed((socket) => {
      socket.end("bye");
      void textOf(socket).then(heard.resolve);
    });
    const socket = await dial(host);
    expect(await textOf(socket)).toBe("bye");
    socket.end("still here");
    expect(await heard.promise).toBe("still here");
  });

  test("keeps little of what a slow reader has not taken, and loses none of it", async () => {
    const bytes = 64 * 2 ** 20;
    const block = Buffer.alloc(2 ** 16, "x");
    let sent = 0;
    const { host } = await relayed((socket) => {
      const send = () => {
        while (sent < bytes) {
          sent += block.length;
          if (!socket.write(block)) return;
        }
        socket.end();
      };
      socket.on("drain", send);
      send();
    });
    const socket = await dial(host);
    socket.pause();
    // The sender comes to a stop when nobody reads.
    let before = -1;
    while (before !== sent) {
      before = sent;
      await Bun.sleep(100);
    }
    expect(sent).toBeLessThan(bytes / 2);
    let got = 0;
    for await (const chunk of socket) got += (chunk as Uint8Array).length;
    expect(got).toBe(bytes);
  }, 60_000);

  test("hangs up on both sides when one is cut off", async () => {
    const cut = Promise.withResolvers<void>();
    const { host } = await relayed((socket) => {
      socket.on("error", () => undefined);
      socket.on("close", () => cut.resolve());
      socket.pipe(socket);
    });
    const socket = await dial(host);
    socket.write("hello");
    await once(socket, "data");
    socket.resetAndDestroy();
    await cut.promise;
    const other = await dial((await relayed((socket_) => void socket_.destroy())).host);
    await hungUp(other);
  });

  test("carries a thousand connections at once", async () => {
    const { host } = await relayed((socket) => void socket.pipe(socket));
    const sockets = await Promise.all(Array.from({ length: 1_000 }, () => dial(host)));
    const answers = await Promise.all(
      sockets.map(async (socket, index) => {
        socket.end(`number ${index}`);
        return textOf(socket);
      }),
    );
    expect(answers).toEqual(sockets.map((_, index) => `number ${index}`));
    expect(connectionsMax).toBeGreaterThan(1_000);
  }, 60_000);

  test("hangs up where nobody answers on the other side", async () => {
    const plan = await relayTo(await systemHostPorts.free({ protocol: "tcp", bind }));
    const relay = await openTcpRelay(plan);
    opened.push(() => relay.close(true));
    await hungUp(await dial(plan.host));
  });

  test("a port that is taken is refused, and a closed relay takes no more", async () => {
    const { relay, ...plan } = await relayed((socket) => void socket.pipe(socket));
    await expect(openTcpRelay(plan)).rejects.toMatchObject({ code: "EADDRINUSE" });
    const socket = await dial(plan.host);
    relay.close(true);
    await hungUp(socket);
    expect(await systemHostPorts.probe(plan)).toBe("free");
  });
});

describe("a relay of UDP", () => {
  /** That the port of an earlier datagram is closed by now is no matter. */
  const udpSocket = () => createSocket("udp4").on("error", () => undefined);
  async function echoOf(): Promise<number> {
    const socket = udpSocket();
    socket.on("message", (bytes, from) => socket.send(`${from.port} ${String(bytes)}`, from.port, from.address));
    socket.bind(0, bind);
    await once(socket, "listening");
    opened.push(() => socket.close());
    return socket.address().port;
  }
  /** Asks, again and again until there is an answer: datagrams may be lost. */
  async function ask(port: number, text: string): Promise<string> {
    const socket = udpSocket();
    try {
      const answer = once(socket, "message");
      for (let tries = 0; tries < 50; tries++) {
        socket.send(text, port, bind);
        const heard = await Promise.race([answer, Bun.sleep(100)]);
        if (heard) return String((heard as [Buffer])[0]);
      }
      throw new Error("no answer");
    } finally {
      socket.close();
    }
  }

  test("brings answers back to who asked, each by a port of its own, and forgets who is silent", async () => {
    const clock = createSimulatedClock();
    const plan = await relayTo(await echoOf(), "udp");
    const relay = await openUdpRelay(plan, clock);
    const answers = await Promise.all(["a", "b", "c"].map((text) => ask(plan.host, text)));
    expect(answers.map((answer) => answer.split(" ")[1])).toEqual(["a", "b", "c"]);
    expect(new Set(answers.map((answer) => answer.split(" ")[0])).size).toBe(3);
    const [first = ""] = answers;
    const flow = { protocol: "udp", bind: "0.0.0.0", host: Number(first.split(" ")[0]) } as const;
    expect(await systemHostPorts.probe(flow)).toBe("taken");
    for (let passedMs = 0; passedMs <= 2 * silentMsMax; passedMs += silentMsMax) clock.step();
    expect(await systemHostPorts.probe(flow)).toBe("free");
    relay.close(true);
    expect(await systemHostPorts.probe(plan)).toBe("free");
    expect(flowsMax).toBeGreaterThan(3);
  }, 60_000);
});

describe("the desk of the helper", () => {
  test("opens what is wanted, leaves alone what is there, closes the rest", async () => {
    const desk = createDesk(systemClock);
    const port = await serverOf((socket) => void socket.pipe(socket));
    const [one, two] = [await relayTo(port), await relayTo(port)];
    expect(await desk.answer({ ask: "set", owner: "a", relays: [one] })).toEqual({ failures: [null] });
    const socket = await dial(one.host);
    expect(await desk.answer({ ask: "set", owner: "a", relays: [one, two] })).toEqual({ failures: [null, null] });
    socket.end("goes on");
    expect(await textOf(socket)).toBe("goes on");
    const { failures } = await desk.answer({ ask: "set", owner: "b", relays: [two] });
    expect(failures).toEqual([expect.stringContaining("EADDRINUSE")]);
    expect(desk.isIdle()).toBe(false);
    await desk.answer({ ask: "keep", owners: ["b"] });
    expect([desk.isIdle(), await systemHostPorts.probe(one)]).toEqual([true, "free"]);
  });
});

describe("the helper", () => {
  const directory = mkdtempSync(join(tmpdir(), "strata-relay-"));
  const pids: number[] = [];
  const helper = () =>
    createRelayHelper({
      directory,
      program: [process.execPath, join(import.meta.dir, "../../src/main.ts")],
      scope: () => ({ words: [], env: {} }),
      files: systemFiles,
      processes: {
        facts: systemProcesses.facts,
        spawnDetached: (...words) => {
          const identity = systemProcesses.spawnDetached(...words);
          pids.push(identity.pid);
          return identity;
        },
      },
      sockets: systemSockets,
      clock: systemClock,
    });
  const signal = () => AbortSignal.timeout(30_000);
  let relay: Relay;
  beforeAll(async () => {
    const server = createServer((socket) => void socket.pipe(socket)).listen(0, bind);
    await once(server, "listening");
    relay = await relayTo((server.address() as { port: number }).port);
  });
  afterAll(() => {
    for (const pid of pids) if (systemProcesses.facts(pid)) process.kill(pid, "SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  });

  test("is started when there is something to do, found again, and another takes its place when it dies", async () => {
    expect(await helper().set("a", [], signal())).toEqual([]);
    await helper().keep([], signal());
    expect(pids).toHaveLength(0);
    expect(await helper().set("a", [relay], signal())).toEqual([undefined]);
    // As after a restart of the daemon.
    expect(await helper().set("a", [relay], signal())).toEqual([undefined]);
    expect(pids).toHaveLength(1);
    const socket = await dial(relay.host);
    socket.end("through");
    expect(await textOf(socket)).toBe("through");

    const [pid = 0] = pids;
    process.kill(pid, "SIGKILL");
    while (systemProcesses.facts(pid)) await Bun.sleep(20);
    expect(await helper().set("a", [relay], signal())).toEqual([undefined]);
    expect(pids).toHaveLength(2);
    await helper().keep([], signal());
    expect(await systemHostPorts.probe(relay)).toBe("free");
  }, 60_000);
});
