/** Waiting for a guest's SSH server, with what a booting guest behind user-mode networking answers before. */
import { afterEach, describe, expect, test } from "bun:test";
import net from "node:net";
import { waitForBanner } from "../../src/guest/banner.ts";
import { systemClock as clock } from "../../src/sys/clock.ts";
import { systemNetwork as network } from "../../src/sys/network.ts";

let server: net.Server | undefined;
afterEach(() => server?.close());

/** Listens; the answers are used in turn, the last one for all further connections. */
async function listen(
  ...answers: ((socket: net.Socket) => void)[]
): Promise<{ host: string; port: number; tries: () => number }> {
  let tries = 0;
  server = net.createServer((socket) => {
    socket.on("error", () => {});
    answers[Math.min(tries, answers.length - 1)]?.(socket);
    tries += 1;
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return { host: "127.0.0.1", port: (server.address() as net.AddressInfo).port, tries: () => tries };
}

const says = (text: string) => (socket: net.Socket) => void socket.write(text);
const closes = (socket: net.Socket) => void socket.end();
const resets = (socket: net.Socket) => void socket.resetAndDestroy();
const isSilent = () => {};
const wait = (at: { host: string; port: number }, signal = AbortSignal.timeout(10_000)) =>
  waitForBanner(at, { network, clock, signal });

describe("a guest", () => {
  test("is up when it greets", async () => {
    expect(await wait(await listen(says("SSH-2.0-dropbear_2022.83\r\n")))).toBe("SSH-2.0-dropbear_2022.83");
  });

  test("may say other lines first, and in pieces", async () => {
    const talks = async (socket: net.Socket) => {
      for (const part of ["hello\r\nSS", "H-2.0-Open", "SSH_9.2\r\n"]) {
        socket.write(part);
        await Bun.sleep(5);
      }
    };
    expect(await wait(await listen(talks))).toBe("SSH-2.0-OpenSSH_9.2");
  });

  test("is not up because something accepts the connection: closed, reset and silent ones are tried again", async () => {
    const at = await listen(closes, resets, isSilent, closes, says("SSH-2.0-late\n"));
    expect(await wait(at)).toBe("SSH-2.0-late");
    expect(at.tries()).toBeGreaterThanOrEqual(5);
  });

  test("is waited for while nothing listens at all", async () => {
    const at = await listen(isSilent);
    await new Promise<void>((resolve) => server?.close(() => resolve()));
    const waiting = wait(at);
    await Bun.sleep(50);
    server = net.createServer(says("SSH-2.0-up\r\n"));
    server.listen(at.port, at.host);
    expect(await waiting).toBe("SSH-2.0-up");
  });

  test("that talks without end about something else is not believed", async () => {
    const at = await listen(says("x".repeat(100_000)), says("SSH-2.0-real\r\n"));
    expect(await wait(at)).toBe("SSH-2.0-real");
  });

  test("with a server of the first protocol is named", async () => {
    await expect(wait(await listen(says("SSH-1.5-old\r\n")))).rejects.toMatchObject({ code: "guest-unreachable" });
  });

  test("is waited for until the caller's signal, whose reason comes back", async () => {
    const abort = new AbortController();
    const waiting = wait(await listen(isSilent), abort.signal);
    setTimeout(() => abort.abort(new Error("deadline")), 20);
    await expect(waiting).rejects.toThrow("deadline");
  });
});
