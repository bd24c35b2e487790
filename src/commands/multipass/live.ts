/** What only a guest knows, asked of one that runs. */
import type { InstanceView } from "../../model/view.ts";
import type { MultipassContext } from "./context.ts";
import type { LiveFacts } from "./shapes/info-instance.ts";

export function readLive(context: MultipassContext, view: InstanceView): Promise<LiveFacts | undefined> {
  void context;
  void view;
  return Promise.resolve(undefined);
}
