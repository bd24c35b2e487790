/** The window's own life, with the clock in the test's hands: when it listens, whom it refuses, and what a log that takes no more changes. */
import { afterEach, describe, expect, test } from "bun:test";
import type { Service } from "../../../src/api/server.ts";
import type { Caller } from "../../../src/daemon/handlers/context.ts";
import { idleMs, sessionsMax, tokenMs } from "../../../src/daemon/window/sessions.ts";
import { createWindow, type Window } from "../../../src/daemon/window/window.ts";
import { UserError } from "../../../src/errors.ts";
import { systemIds } from "../../../src/sys/ids.ts";
import { createSimulatedClock } from "../../simulation/clock.ts";
import { ask, heard, post } from "./bed.ts";

const caller: Required<Caller> = {
  actor: { kind: "user", id: "unix:1000", name: "ada", role: "admin", via: "unix", program: "/usr/bin/strata" },
  account: { uid: 1000, gid: 1000 },
};
const service = {
  admit: async () => caller,
  needsGreeting: () => false,
  version: "0.1.0",
} as unknown as Service<Caller>;

let window: Window | undefined;
afterEach(() => window?.close());

function bed({ isWritable = true } = {}) {
  const clock = createSimulatedClock();
  const types: string[] = [];
  const reported: string[] = [];
  window = createWindow({
    clock,
    ids: systemIds,
    door: { admit: async () => caller, check: async (checked) => checked },
    dispatcher: {
      dispatch: async (command) => {
        if (!isWritable) throw new UserError("log-full", "the disk is full");
        if (command.type === "note") types.push(command.event.type);
        return [];
      },
    },
    report: (line) => reported.push(line),
    service: () => service,
    metrics: async () => "strata_instances 0\n",
  });
  /** Moves the clock on from timer to timer. */
  const pass = (ms: number) => {
    for (const until = clock.elapsedMs() + ms; clock.elapsedMs() < until && clock.step();) continue;
  };
  return { window, types, reported, pass };
}

const tokenIn = (url: string): string => url.slice(url.indexOf("=") + 1);
const isListening = async (port: number): Promise<boolean> =>
  heard(port, `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`).then(
    () => true,
    () => false,
  );

async function enter(opened: Window): Promise<{ port: number; authorization: string; session: string }> {
  const { url, port, session } = await opened.open(caller);
  const { bearer } = JSON.parse((await post(port, "/session", { token: tokenIn(url) })).text) as { bearer: string };
  return { port, session, authorization: `Bearer ${bearer}` };
}

describe("it listens", () => {
  test("on this host alone", async () => {
    const { window } = bed();
    const { port } = await window.open(caller);
    const tables = await Promise.all(["tcp", "tcp6"].map((name) => Bun.file(`/proc/net/${name}`).text()));
    const at = port.toString(16).toUpperCase().padStart(4, "0");
    const own = tables.join("").match(new RegExp(`[0-9A-F]+:${at} [0-9A-F]+:0000 0A`, "g"));
    expect(own).toEqual([`0100007F:${at} 00000000:0000 0A`]);
  });

  test("until the only address is too old", async () => {
    const { window, pass } = bed();
    const { port, url } = await window.open(caller);
    pass(tokenMs - 30_001);
    expect(await isListening(port)).toBe(true);
    pass(60_000);
    expect(await isListening(port)).toBe(false);
    const again = await window.open(caller);
    expect((await post(again.port, "/session", { token: tokenIn(url) })).code).toBe("token-refused");
  });

  test("until the last session has been idle for too long", async () => {
    const { window, types, pass } = bed();
    const { port } = await enter(window);
    pass(idleMs - 30_001);
    expect(await isListening(port)).toBe(true);
    pass(60_000);
    expect(await isListening(port)).toBe(false);
    expect(types).toEqual(["window.opened", "window.ended"]);
  });
});

test("it is asked for at most as often as there may be sessions", async () => {
  const { window } = bed();
  for (let count = 0; count < sessionsMax; count++) await window.open(caller);
  await expect(window.open(caller)).rejects.toMatchObject({ code: "sessions-full", exit: 4 });
  await window.revoke(undefined, caller);
  expect(await window.open(caller)).toBeDefined();
});

test("a log that takes no more lets people in, and the daemon's own log has it", async () => {
  const { window, reported } = bed({ isWritable: false });
  const { port, authorization } = await enter(window);
  expect((await ask(port, "GET /metrics", { authorization })).status).toBe(200);
  expect(reported).toEqual(["window.opened is not recorded: the disk is full"]);
});

test("the numbers are there for whoever has a session, and for nobody else", async () => {
  const { window } = bed();
  const { port, authorization } = await enter(window);
  const { status, headers, text } = await ask(port, "GET /metrics", { authorization });
  expect([status, headers["content-type"], text]).toEqual([
    200,
    "text/plain; version=0.0.4; charset=utf-8",
    "strata_instances 0\n",
  ]);
  expect((await ask(port, "GET /metrics")).status).toBe(401);
});

test("who revoked a session is on record, and it is one of those that are there", async () => {
  const { window, types } = bed();
  const { session } = await enter(window);
  expect((await window.revoke(session, caller)).map(({ id }) => id)).toEqual([session]);
  expect(types).toEqual(["window.opened", "window.revoked"]);
  await expect(window.revoke(session, caller)).rejects.toMatchObject({ code: "session-not-found" });
});
