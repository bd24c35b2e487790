/** The end of a disk that was sent for an import: the event that lets go of it comes with the import's own; the file goes after it. */
import { messageOf } from "../errors.ts";
import type { EventLog } from "../events/store/log.ts";
import type { Vault } from "../images/vault.ts";

interface Ports {
  readonly log: Pick<EventLog, "subscribe">;
  readonly vault: Pick<Vault, "remove">;
  readonly report: (line: string) => void;
}

/** From now on; the answer ends it. What a daemon does not come to, the next one removes as an image that no event names. */
export function tidyImports({ log, vault, report }: Ports): () => void {
  return log.subscribe((records) => {
    for (const { type, operation, data } of records) {
      // One that somebody asked for has no operation, and removes its file itself.
      if (type !== "image.removed" || operation === undefined) continue;
      vault.remove(String(data["sha256"])).catch((error: unknown) => report(`images: ${messageOf(error)}`));
    }
  });
}
