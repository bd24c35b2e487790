/** The rule for keys that may log in to a guest, and what is kept of them. */
import type { InstanceEvent } from "./events.ts";
import type { InstanceState } from "./state.ts";

export interface AuthorizeKey {
  readonly type: "authorize-key";
  readonly id: string;
  readonly fingerprint: string;
}

/** Of one instance; an older one is told of again when it comes back. */
const keysMax = 64;

export function decideAuthorizeKey({ fingerprint }: AuthorizeKey, { keys = [], user }: InstanceState): InstanceEvent[] {
  if (keys.includes(fingerprint)) return [];
  return [{ type: "instance.key-authorized", version: 1, data: { fingerprint, user } }];
}

export const withKey = (state: InstanceState, fingerprint: string): InstanceState => ({
  ...state,
  keys: [...(state.keys ?? []), fingerprint].slice(-keysMax),
});
