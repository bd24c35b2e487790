/** Kept connections to guests. */
import { afterEach, describe, expect, test } from "bun:test";
import { createGuestPool } from "../../src/guest/pool.ts";
import type { GuestPool } from "../../src/guest/pool.ts";
import { systemClock } from "../../src/sys/clock.ts";
import { systemNetwork as network } from "../../src/sys/network.ts";
import { startGuest } from "./server.ts";
import type { Command, GuestServer } from "./server.ts";

const request = { words: ["run"], environment: {} };
const signal = () => AbortSignal.timeout(10_000);
const leaveRunning = ({ stream }: Command) => void stream.on("error", () => {});

let guest: GuestServer | undefined;
let pool: GuestPool | undefined;
afterEach(async () => {
  pool?.close();
  await guest?.close();
});
async function start(options?: Parameters<typeof startGuest>[1]) {
  guest = await startGuest(leaveRunning, options);
  pool = createGuestPool({ network, clock: systemClock });
  return { guest, pool };
}

describe("the pool", () => {
  test("logs in once for many sessions, even when they come at once", async () => {
    const { guest, pool } = await start();
    await Promise.all(Array.from({ length: 8 }, () => pool.open("web", guest.target, request, signal())));
    expect(guest.connections).toHaveLength(1);
  });

  test("uses the connection that was made after boot", async () => {
    const { guest, pool } = await start();
    await pool.connect("web", guest.target, signal());
    await pool.connect("web", guest.target, signal());
    await pool.open("web", guest.target, request, signal());
    expect(guest.connections).toHaveLength(1);
  });

  test("makes a further connection when the guest allows no more sessions on one", async () => {
    const { guest, pool } = await start({ sessionsMax: 10 });
    await Promise.all(Array.from({ length: 25 }, () => pool.open("web", guest.target, request, signal())));
    expect(guest.connections).toHaveLength(3);
  });

  test("gives up with guest-busy after 32 connections", async () => {
    const { guest, pool } = await start({ sessionsMax: 1 });
    for (let count = 0; count < 32; count++) await pool.open("web", guest.target, request, signal());
    await expect(pool.open("web", guest.target, request, signal())).rejects.toMatchObject({ code: "guest-busy" });
    expect(guest.connections).toHaveLength(32);
  });

  test("gives dropbear one session per connection, since it mixes them up", async () => {
    const { guest, pool } = await start({ ident: "dropbear_2022.83" });
    await Promise.all(Array.from({ length: 3 }, () => pool.open("web", guest.target, request, signal())));
    expect(guest.connections).toHaveLength(3);
  });

  test("uses a connection again whose session is over, and closes what a burst has left", async () => {
    const { guest, pool } = await start({ sessionsMax: 1 });
    let closed = 0;
    const burst = await Promise.all(Array.from({ length: 5 }, () => pool.open("web", guest.target, request, signal())));
    for (const connection of guest.connections) connection.on("close", () => (closed += 1));
    for (const channel of burst) channel.close();
    while (closed < 1) await Bun.sleep(1);
    let again: unknown;
    while (again === undefined) again = await pool.open("web", guest.target, request, signal()).catch(() => undefined);
    expect({ made: guest.connections.length, closed }).toEqual({ made: 5, closed: 1 });
  });

  test("makes a dead connection anew", async () => {
    const { guest, pool } = await start();
    const first = await pool.open("web", guest.target, request, signal());
    guest.connections[0]?.end();
    for await (const _ of first.stdout);
    await pool.open("web", guest.target, request, signal());
    expect(guest.connections).toHaveLength(2);
  });

  test("does not use the connection of an earlier run, which had another address", async () => {
    const { guest, pool } = await start();
    const first = await pool.open("web", guest.target, request, signal());
    const later = await startGuest(leaveRunning);
    await pool.open("web", later.target, request, signal());
    expect([guest.connections.length, later.connections.length]).toEqual([1, 1]);
    for await (const _ of first.stdout);
    expect(await first.exit).toHaveProperty("lost");
    pool.drop("web");
    await later.close();
  });

  test("ends sessions and forgets when an instance is dropped", async () => {
    const { guest, pool } = await start();
    const channel = await pool.open("web", guest.target, request, signal());
    pool.drop("web");
    for await (const _ of channel.stdout);
    expect(await channel.exit).toHaveProperty("lost");
    await pool.open("web", guest.target, request, signal());
    expect(guest.connections).toHaveLength(2);
  });

  test("ends a login that is under way when the instance is dropped", async () => {
    const { guest, pool } = await start();
    const opening = pool.open("web", guest.target, request, signal());
    pool.drop("web");
    await expect(opening).rejects.toMatchObject({ code: "guest-unreachable" });
  });

  test("lets one caller leave without ending the login that others wait for", async () => {
    const { guest, pool } = await start();
    const abort = new AbortController();
    const left = pool.open("web", guest.target, request, abort.signal);
    const stays = pool.open("web", guest.target, request, signal());
    abort.abort(new Error("left"));
    await expect(left).rejects.toThrow("left");
    expect(await stays).toBeDefined();
    expect(guest.connections).toHaveLength(1);
  });

  test("passes the refusal of a command line on, and keeps the connection", async () => {
    const { guest, pool } = await start();
    const bad = { words: ["a\0b"], environment: {} };
    await expect(pool.open("web", guest.target, bad, signal())).rejects.toMatchObject({ code: "command-invalid" });
    await pool.open("web", guest.target, request, signal());
    expect(guest.connections).toHaveLength(1);
  });
});
