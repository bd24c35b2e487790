/** The link of a running machine's network card, as if its cable were pulled. */
import { bootDeadlineMs, connect, isRunning, judge } from "./life.ts";
import type { Life } from "./life.ts";

/** Off: confirms. A machine starts with its link up. */
export async function setLink(life: Life, isUp: boolean, signal: AbortSignal): Promise<void> {
  const seen = await judge(life, signal);
  if (!isRunning(seen)) return;
  const qmp = await connect(life, seen.identity, bootDeadlineMs, signal);
  await qmp.execute("set_link", { name: "nic0", up: isUp });
}
