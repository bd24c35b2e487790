import { expect, test } from "bun:test";
import { createGuests } from "../../src/daemon/guests.ts";
import { systemClock } from "../../src/sys/clock.ts";
import { systemIds } from "../../src/sys/ids.ts";
import { systemNetwork } from "../../src/sys/network.ts";
import { startGuest } from "../guest/server.ts";

test("a guest that greets and hangs up is asked again, until it lets us in", async () => {
  const hangsUp = 4;
  const guest = await startGuest(() => {}, { hangsUp });
  const guests = createGuests({ network: systemNetwork, clock: systemClock, ids: systemIds, givesCards: false });
  await guests.reach("i1", guest.target, AbortSignal.timeout(10_000));
  expect(guest.connections.length).toBeGreaterThan(hangsUp);
  guests.drop("i1");
  await guest.close();
});
