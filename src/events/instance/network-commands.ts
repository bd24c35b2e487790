/** What may be asked about an instance's place in a network. */
import type { Interface, RefusedAttempt } from "../../model/network.ts";
import type { WantedPlace } from "../network/places.ts";
import type { Opens } from "./commands.ts";

/** What a new instance is to have of networks. */
export interface NetworkOfNew {
  readonly place: WantedPlace;
  /** In its one form; absent: all. */
  readonly allowNet?: string;
  readonly interfaces?: readonly Interface[];
}

export type NetworkChange =
  | (Opens & { readonly type: "detach-network" | "attach-network" })
  | {
      readonly type: "network-refused";
      readonly id: string;
      readonly attempts: readonly RefusedAttempt[];
      /** To further destinations. */
      readonly others?: number;
    };

/** Keys of the configuration that are about networks; `interfaces` as one line of text. */
export type NetworkConfigure =
  { readonly key: "allow-net"; readonly value: string } | { readonly key: "interfaces"; readonly value: string };
