/** The real daemon as a program of its own, over machines of the test's: `daemon.ts WORLD-SOCKET IMAGE-FOLDER VERSION`. */
import { readConfig } from "../../../src/config.ts";
import { runDaemon } from "../../../src/daemon/daemon.ts";
import type { Guests } from "../../../src/daemon/guests.ts";
import { withLimits } from "../../../src/drivers/limits.ts";
import { UserError } from "../../../src/errors.ts";
import { systemClock } from "../../../src/sys/clock.ts";
import { createWorldDriver } from "./driver.ts";

const [socket = "", imageDirectory = "", version = ""] = process.argv.slice(2);

/** Guests that are in at once: a fake machine has nobody inside. */
const nobody = () => Promise.reject(new UserError("guest-unreachable", "there is nobody in a fake machine"));
const guests: Guests = {
  admitKey: async () => {},
  facts: nobody,
  meter: nobody,
  reach: async () => {},
  rejoin: async () => {},
  stepClock: async () => ({ behindSeconds: 1, offSeconds: 0 }),
  identity: () => ({ before: "", after: "" }),
  growFileSystem: async () => true,
  announce: async () => {},
  provision: async () => ({ status: "done", messages: [] }),
  signalSession: async () => {},
  drop: () => {},
  seed: () => new Uint8Array(),
  pool: {
    open: nobody,
    connect: async () => {},
    drop: () => {},
    close: () => {},
  },
};

const config = { ...readConfig(), imageDirectory };
const driver = () => withLimits(createWorldDriver(socket), systemClock);
process.exit(await runDaemon(config, version, { driver, guests: () => guests }));
