/**
 * The cable of a running machine's first card. It is pulled while its instance is detached, and until a machine that goes on from
 * another one's memory knows who it is; it is in when neither holds. QEMU keeps this of the network's end and of the card's, which
 * follows (set_link of QMP): a command for the card alone would leave the other end as it was.
 */
import { reach } from "./life.ts";
import type { Life } from "./life.ts";
import type { Qmp } from "./qmp.ts";

const put = (qmp: Qmp, isIn: boolean) => qmp.execute("set_link", { name: "net0", up: isIn });

/** Of an instance that is detached, or not any more. Off: confirms. A machine starts with its cable in. */
export async function setLink(life: Life, isUp: boolean, signal: AbortSignal): Promise<void> {
  life.isDetached = !isUp;
  const qmp = await reach(life, signal);
  if (qmp) await put(qmp, isUp);
}

/** Of a machine that has just been loaded and does not run yet: whether it is detached is told when it does. */
export async function holdBack(life: Life, qmp: Qmp): Promise<void> {
  life.isDetached = false;
  await put(qmp, false);
}

/** It knows who it is. */
export async function letIn(life: Life, qmp: Qmp): Promise<void> {
  if (!life.isDetached) await put(qmp, true);
}
