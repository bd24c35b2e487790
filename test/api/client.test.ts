/** The client of the API: retries with the same id, versions, streams that break, and what it says about the connection. */
import { afterAll, afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, isOlder } from "../../src/api/client.ts";
import type { Hello } from "../../src/api/client.ts";
import { protocolVersion } from "../../src/api/protocol.ts";
import type { DaemonStarter } from "../../src/api/starter.ts";
import { UserError } from "../../src/errors.ts";

const directory = mkdtempSync(join(tmpdir(), "strata-client-"));
const socket = join(directory, "s.sock");
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));

const hello: Hello = { version: "0.1.0", protocol: protocolVersion, pid: 1, directory: "/data", busy: false };

/** A server of raw bytes: the answer to the n-th request (from 0) on any connection; undefined hangs up. */
function rawServer(answer: (path: string, body: string, count: number) => string | undefined): void {
  let count = 0;
  const server = Bun.listen({
    unix: socket,
    socket: {
      data(connection, data) {
        const [head = "", body = ""] = data.toString().split("\r\n\r\n");
        const said = answer(head.split(" ")[1] ?? "", body, count++);
        if (said === undefined) connection.end();
        else connection.write(`HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(said)}\r\n\r\n${said}`);
      },
    },
  });
  stops.push(() => {
    server.stop(true);
    rmSync(socket, { force: true });
  });
}

const client = (starter?: DaemonStarter, version = "0.1.0") =>
  createClient({ target: { socket, origin: "home" }, version, ...(starter && { starter }) });

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "no error",
    (error: unknown) => (error instanceof UserError ? error.code : String(error)),
  );

test("a call whose connection broke is sent once more, with the same command id", async () => {
  const bodies: string[] = [];
  rawServer((path, body) => {
    if (path === "/v1/daemon.hello") return JSON.stringify(hello);
    bodies.push(body);
    return bodies.length === 1 ? undefined : "{}";
  });
  await client().call("instance.start", { command: "0190a5b0-0000-7000-8000-000000000000", instance: "web" });
  expect(bodies).toHaveLength(2);
  expect(bodies[0]).toBe(bodies[1] ?? "");
});

test("a daemon that breaks off while it is greeted is greeted again, a bounded number of times", async () => {
  let greetings = 0;
  rawServer(() => (greetings++ === 0 ? undefined : JSON.stringify(hello)));
  expect((await client().ready()).pid).toBe(1);
  stops.pop()?.();
  greetings = 0;
  rawServer(() => void greetings++);
  expect(await codeOf(client().ready())).toBe("connection-broken");
  expect(greetings).toBe(4);
});

test("it is not sent a third time", async () => {
  let calls = 0;
  rawServer((path) => {
    if (path === "/v1/daemon.hello") return JSON.stringify(hello);
    calls += 1;
    return undefined;
  });
  expect(await codeOf(client().call("instance.list", {}))).toBe("connection-broken");
  expect(calls).toBe(2);
});

test("the greeting is asked once for many calls", async () => {
  const paths: string[] = [];
  rawServer((path) => {
    paths.push(path);
    return path === "/v1/daemon.hello" ? JSON.stringify(hello) : "[]";
  });
  const api = client();
  await Promise.all([api.call("instance.list", {}), api.call("instance.list", {})]);
  await api.call("image.list", {});
  expect(paths.filter((path) => path === "/v1/daemon.hello")).toHaveLength(1);
});

test("nobody listens: unreachable, or started when that is ours to do", async () => {
  expect(await codeOf(client().call("instance.list", {}))).toBe("daemon-unreachable");
  let starts = 0;
  const starter: DaemonStarter = {
    start: async () => {
      starts += 1;
      rawServer((path) => (path === "/v1/daemon.hello" ? JSON.stringify(hello) : "[]"));
      return hello;
    },
    waitUntilGone: async () => {},
  };
  expect(await client(starter).call("instance.list", {})).toEqual([]);
  expect(starts).toBe(1);
});

test("an idle daemon that is older is replaced, a busy or newer one is not", async () => {
  const meet = async (found: Partial<Hello>, version: string) => {
    const stopped: string[] = [];
    rawServer((path) => {
      if (path !== "/v1/daemon.hello") stopped.push(path);
      return path === "/v1/daemon.hello" ? JSON.stringify({ ...hello, ...found }) : "[]";
    });
    const starter: DaemonStarter = { start: async () => ({ ...hello, version }), waitUntilGone: async () => {} };
    await client(starter, version).call("instance.list", {});
    for (const stop of stops.splice(0)) await stop();
    return stopped[0];
  };
  expect(await meet({ version: "0.1.0" }, "0.2.0")).toBe("/v1/daemon.stop");
  expect(await meet({ version: "0.1.0", busy: true }, "0.2.0")).toBe("/v1/instance.list");
  expect(await meet({ version: "0.2.0" }, "0.1.0")).toBe("/v1/instance.list");
  expect(await meet({ version: "0.1.0" }, "0.1.0")).toBe("/v1/instance.list");
});

test("versions compare by number", () => {
  expect(isOlder("0.9.0", "0.10.0")).toBe(true);
  expect(isOlder("1.0.0", "0.99.99")).toBe(false);
  expect(isOlder("1.2.3", "1.2.3")).toBe(false);
  expect(isOlder("1.2.3-dev", "1.2.3")).toBe(false);
});

test("an error in the middle of a stream is thrown after the items before it", async () => {
  const error = { error: { code: "odd", message: "it went wrong", hints: [], exit: 2 } };
  rawServer((path) =>
    path === "/v1/daemon.hello" ? JSON.stringify(hello) : `{"base64":"YQ=="}\n${JSON.stringify(error)}\n`,
  );
  const items: unknown[] = [];
  const read = async () => {
    for await (const item of client().stream("instance.console", { instance: "web", follow: false })) items.push(item);
  };
  expect(await codeOf(read())).toBe("odd");
  expect(items).toEqual([{ base64: "YQ==" }]);
});

test("the place of the socket is checked before anything is sent to it", async () => {
  let isAsked = false;
  rawServer(() => {
    isAsked = true;
    return JSON.stringify(hello);
  });
  const check = () => {
    throw new UserError("runtime-directory-unsafe", "no");
  };
  const api = createClient({ target: { socket, origin: "home" }, version: "0.1.0", check });
  expect(await codeOf(api.call("instance.list", {}))).toBe("runtime-directory-unsafe");
  expect(isAsked).toBe(false);
});
