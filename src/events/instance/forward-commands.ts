/** What may be asked of an instance's forwarded ports. */
import type { Forward, HostPort } from "../../model/forward.ts";
import type { ForwardFailure } from "../../model/forward-view.ts";
import type { Opens } from "./commands.ts";

export type ForwardCommand =
  /** `host`: chosen already where any free one was asked for. */
  | (Opens & Forward & { readonly type: "add-forward" })
  | (Opens & HostPort & { readonly type: "remove-forward" })
  /** What became of it on a machine that runs; without a failure it leads where it should. */
  | (HostPort & { readonly type: "forward-observed"; readonly id: string; readonly failure?: ForwardFailure });
