/** The fake machine's console: what is there, then what is added, looked at now and then. */
import type { FakeWorld } from "./fake-world.ts";

const lookPauseMs = 100;

export async function* createFakeConsole(
  world: FakeWorld,
  id: string,
  { follow, signal }: { follow: boolean; signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
  let seen = 0;
  do {
    const text = world.machines.get(id)?.console ?? "";
    if (text.length > seen || seen === 0) yield Buffer.from(text.slice(seen));
    seen = text.length;
    if (follow) await world.clock.sleep(lookPauseMs, signal).catch(() => undefined);
  } while (follow && !signal.aborted);
}
