/** The cloud-init text of a launch: checked, and on disk before the launch is in the log. */
import type { Accepted } from "../../api/contract.ts";
import { Rejected } from "../../events/decider.ts";
import { checkCloudConfig } from "../../guest/cloud-config.ts";
import type { CloudInitDigest } from "../../model/cloud-init.ts";
import type { Daemon } from "./context.ts";

/**
 * Runs `launch` with the digest of the kept text. A launch that is refused, or was answered before, keeps none. After a write
 * that may or may not have reached the log the text stays; the next start knows whether it is needed.
 */
export async function keepingCloudInit(
  { cloudInit, dispatcher }: Pick<Daemon, "cloudInit" | "dispatcher">,
  id: string,
  text: string | undefined,
  launch: (kept: CloudInitDigest | undefined) => Promise<Accepted>,
): Promise<Accepted> {
  if (text === undefined) return launch(undefined);
  checkCloudConfig(text, "the cloud-init text");
  const kept = await cloudInit.keep(id, text);
  try {
    const accepted = await launch(kept);
    if (!dispatcher.world().instances.has(id)) await cloudInit.forget(id);
    return accepted;
  } catch (error) {
    if (error instanceof Rejected) await cloudInit.forget(id);
    throw error;
  }
}
