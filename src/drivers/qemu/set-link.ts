/** The link of a running machine's network card, as if its cable were pulled. */
import { reach } from "./life.ts";
import type { Life } from "./life.ts";

/** Off: confirms. A machine starts with its link up. */
export async function setLink(life: Life, isUp: boolean, signal: AbortSignal): Promise<void> {
  const qmp = await reach(life, signal);
  await qmp?.execute("set_link", { name: "nic0", up: isUp });
}
