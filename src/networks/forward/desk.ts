/** What the helper does when it is asked: opens what is wanted and not there, closes what is there and not wanted. */
import { messageOf } from "../../errors.ts";
import type { Clock } from "../../sys/clock.ts";
import { createTurns } from "../../sys/turns.ts";
import { type OpenRelay, type Relay, relayKey } from "./relay.ts";
import { openTcpRelay } from "./tcp.ts";
import { openUdpRelay } from "./udp.ts";

/** A question to the helper, a line of JSON; `owner` is an instance. */
export type Question =
  /** All that an owner wants. */
  | { readonly ask: "set"; readonly owner: string; readonly relays: readonly Relay[] }
  /** Whose are not named here is closed. */
  | { readonly ask: "keep"; readonly owners: readonly string[] };

/** Its answer: for each relay why it is not open, or null. */
export interface Answer {
  readonly failures: readonly (string | null)[];
}

export interface Desk {
  answer(question: Question): Promise<Answer>;
  isIdle(): boolean;
}

export function createDesk(clock: Clock): Desk {
  const owners = new Map<string, Map<string, OpenRelay>>();

  const open = (relay: Relay): Promise<OpenRelay> =>
    relay.protocol === "tcp" ? openTcpRelay(relay) : openUdpRelay(relay, clock);

  /** A port that leads elsewhere now, or nowhere: what went through it ends. */
  function close(owner: string, isWanted: (key: string) => boolean): void {
    const relays = owners.get(owner) ?? new Map<string, OpenRelay>();
    for (const [key, relay] of relays) {
      if (isWanted(key)) continue;
      relay.close(true);
      relays.delete(key);
    }
    if (relays.size === 0) owners.delete(owner);
  }

  async function set(owner: string, wanted: readonly Relay[]): Promise<Answer> {
    const keys = new Set(wanted.map(relayKey));
    close(owner, (key) => keys.has(key));
    const failures: (string | null)[] = [];
    for (const relay of wanted) {
      const relays = owners.get(owner) ?? new Map<string, OpenRelay>();
      const key = relayKey(relay);
      const failure = relays.has(key)
        ? null
        : await open(relay).then((opened) => void relays.set(key, opened), messageOf);
      failures.push(failure ?? null);
      if (relays.size > 0) owners.set(owner, relays);
    }
    return { failures };
  }

  const turns = createTurns();
  return {
    answer: (question) =>
      turns(async () => {
        if (question.ask === "set") return set(question.owner, question.relays);
        for (const owner of owners.keys()) if (!question.owners.includes(owner)) close(owner, () => false);
        return { failures: [] };
      }),
    isIdle: () => owners.size === 0,
  };
}
