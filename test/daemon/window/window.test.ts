/** The window's own life, with the clock in the test's hands: when it listens, whom it refuses, and what a log that takes no more changes. */
import { afterEach, describe, expect, test } from "bun:test";
import type { Service } from "../../../src/api/server.ts";
import type { Caller } from "../../../src/daemon/handlers/context.ts";
import { proofOf } from "../../../src/daemon/window/proofs.ts";
import type { Grant } from "../../../src/daemon/window/session.ts";
import { tokenMs } from "../../../src/daemon/window/sessions.ts";
import { idleMs, sessionsMax } from "../../../src/daemon/window/table.ts";
import { createWindow, type Window } from "../../../src/daemon/window/window.ts";
import { UserError } from "../../../src/errors.ts";
import { emptyWorld } from "../../../src/events/world.ts";
import type { FileStatus } from "../../../src/sys/files.ts";
import { hashOfSecret } from "../../../src/daemon/window/tickets.ts";
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
  calls: { "metrics.text": async () => ({ text: "strata_instances 0\n" }) },
} as unknown as Service<Caller>;

let window: Window | undefined;
afterEach(() => window?.close());

/** A folder in memory. */
function memoryFiles() {
  const held = new Map<string, Uint8Array>();
  const text = (): string | undefined => (held.has(path) ? new TextDecoder().decode(held.get(path)) : undefined);
  return {
    held,
    text,
    stat: async (name: string) => {
      const bytes = held.get(name)?.length;
      return bytes === undefined ? undefined : ({ bytes } as FileStatus);
    },
    read: async (name: string) => held.get(name) ?? new Uint8Array(0),
    writeAtomically: async (name: string, bytes: Uint8Array) => void held.set(name, bytes),
    remove: async (name: string) => void held.delete(name),
  };
}
const path = "/data/window.json";

function bed({ isWritable = true, files = memoryFiles(), boot = "boot-1" } = {}) {
  const clock = createSimulatedClock();
  const types: string[] = [];
  const reported: string[] = [];
  window = createWindow({
    clock,
    ids: systemIds,
    door: { check: async (checked) => checked },
    directory: "/data",
    files,
    boot,
    dispatcher: {
      world: emptyWorld,
      dispatch: async (command) => {
        if (!isWritable) throw new UserError("log-full", "the disk is full");
        if (command.type === "note") types.push(command.event.type);
        return [];
      },
    },
    report: (line) => reported.push(line),
    service: () => service,
  });
  /** Moves the clock on from timer to timer. */
  const pass = (ms: number) => {
    for (const until = clock.elapsedMs() + ms; clock.elapsedMs() < until && clock.step();) continue;
  };
  return { window, types, reported, pass, files };
}

const tokenIn = (url: string): string => url.slice(url.indexOf("=") + 1);
const isListening = async (port: number): Promise<boolean> =>
  heard(port, `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`).then(
    () => true,
    () => false,
  );

async function enter(opened: Window): Promise<Grant & { port: number; authorization: string }> {
  const { url, port } = await opened.open(caller);
  const grant = JSON.parse((await post(port, "/session", { token: tokenIn(url) })).text) as Grant;
  return { port, ...grant, authorization: `Bearer ${grant.bearer}` };
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

  test("until the only address is taken back", async () => {
    const { window } = bed();
    const { port } = await window.open(caller);
    await window.revoke(undefined, caller);
    expect(await isListening(port)).toBe(false);
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

describe("the next daemon", () => {
  /** Asks the daemon to show that it is the one, and shows it that the page is the one. */
  async function comeBack({ port, session, bearer }: { port: number; session: string; bearer: string }, said = bearer) {
    const hash = hashOfSecret(said);
    const challenge = await post(port, "/session/challenge", { session, nonce: "n1" });
    const { nonce, proof } = JSON.parse(challenge.text) as { nonce: string; proof: string };
    const answer = await post(port, "/session/return", { nonce, proof: proofOf("page", hash, nonce) });
    return { isDaemon: proof === proofOf("daemon", hash, "n1"), nonce, answer };
  }

  test("goes on with the pages of the last one, at the same port, by proofs and not by secrets", async () => {
    const first = bed();
    const page = await enter(first.window);
    await first.window.close();
    expect(await isListening(page.port)).toBe(false);
    expect(first.files.text()).not.toMatch(new RegExp(`${page.bearer}|${page.resume}`));
    const { window, types } = bed({ files: first.files });
    await window.restore();
    expect(window.sessions().map(({ id, caller: { actor } }) => [id, actor.name, actor.via])).toEqual([
      [page.session, "ada", "gui"],
    ]);
    // A page's store may have been read by whoever had the port meanwhile.
    expect((await post(page.port, "/session/resume", { ticket: page.resume })).code).toBe("ticket-refused");
    const { isDaemon, nonce, answer } = await comeBack(page);
    expect([isDaemon, answer.status]).toEqual([true, 200]);
    const grant = JSON.parse(answer.text) as Grant;
    expect(grant.session).toBe(page.session);
    const status = async (bearer: string) =>
      (await ask(page.port, "GET /metrics", { authorization: `Bearer ${bearer}` })).status;
    expect([await status(grant.bearer), await status(page.bearer)]).toEqual([200, 401]);
    const again = await post(page.port, "/session/return", {
      nonce,
      proof: proofOf("page", hashOfSecret(page.bearer), nonce),
    });
    expect(again.code).toBe("proof-refused");
    expect(types).not.toContain("window.ended");
  });

  test("refuses a proof by another secret, and one of the daemon's own", async () => {
    const { window } = bed();
    const page = await enter(window);
    const { isDaemon, answer } = await comeBack(page, "another");
    expect([isDaemon, answer.status, answer.code]).toEqual([false, 401, "proof-refused"]);
    const challenge = await post(page.port, "/session/challenge", { session: page.session, nonce: "n1" });
    const { nonce } = JSON.parse(challenge.text) as { nonce: string };
    const own = await post(page.port, "/session/challenge", { session: page.session, nonce });
    const { proof } = JSON.parse(own.text) as { proof: string };
    expect((await post(page.port, "/session/return", { nonce, proof })).code).toBe("proof-refused");
    expect((await post(page.port, "/session/challenge", { session: "00000000", nonce: "n1" })).status).toBe(401);
  });

  test("does not bring back what was revoked, or was idle for too long", async () => {
    const first = bed();
    const [gone, idle] = [await enter(first.window), await enter(first.window)];
    await first.window.revoke(gone.session, caller);
    await first.window.close();
    const kept = first.files.text() ?? "";
    expect([kept.includes(gone.session), kept.includes(idle.session)]).toEqual([false, true]);
    const long = new Date(Date.parse("2026-11-20T11:00:00Z") - idleMs).toISOString();
    const old = kept.replace(/"used":"[^"]+"/, `"used":"${long}"`);
    first.files.held.set(path, new TextEncoder().encode(old));
    const { window, types, files } = bed({ files: first.files });
    await window.restore();
    expect([window.sessions(), types, files.text()]).toEqual([[], ["window.ended"], undefined]);
    expect(await isListening(idle.port)).toBe(false);
  });

  test("after another boot of the host, or where somebody else has the port, all sessions are lost, and that is on record", async () => {
    const first = bed();
    const page = await enter(first.window);
    await first.window.close();
    const kept = first.files.text() ?? "";
    const later = bed({ files: first.files, boot: "boot-2" });
    await later.window.restore();
    expect([later.types, later.files.text()]).toEqual([["window.ended"], undefined]);
    first.files.held.set(path, new TextEncoder().encode(kept));
    const other = Bun.listen({ hostname: "127.0.0.1", port: page.port, socket: { data: () => undefined } });
    const { window, types, reported } = bed({ files: first.files });
    await window.restore();
    other.stop(true);
    expect([window.sessions(), types]).toEqual([[], ["window.ended"]]);
    expect(reported).toEqual([expect.stringContaining("sessions of the window are lost: ")]);
  });

  test.each(["{", '{"boot":"boot-1","port":1,"sessions":[{}]}', " ".repeat(300_000)])(
    "says so when what was kept is damaged",
    async (text) => {
      const files = memoryFiles();
      files.held.set(path, new TextEncoder().encode(text));
      const { window, reported } = bed({ files });
      await window.restore();
      expect(reported).toEqual([expect.stringMatching(/^\/data\/window\.json: it is (damaged|too large); /)]);
      expect(window.sessions()).toEqual([]);
    },
  );
});
