/** What users ask for most: everything that changes nothing. */
import type { ApiClient } from "../../../src/api/client.ts";
import { UserError } from "../../../src/errors.ts";
import type { Random } from "../../simulation/random.ts";

const kinds = ["list", "info", "explain", "history", "status", "settings", "events"] as const;

/** Asks one of them about one of the names; a name that does not exist is no fault. */
export async function anyQuestion(client: ApiClient, random: Random, names: readonly string[]): Promise<void> {
  const instance = names[random.below(names.length)] ?? "";
  try {
    await ask(client, kinds[random.below(kinds.length)] ?? "list", instance);
  } catch (error) {
    if (!(error instanceof UserError && error.code === "instance-not-found")) throw error;
  }
}

async function ask(client: ApiClient, kind: (typeof kinds)[number], instance: string): Promise<void> {
  switch (kind) {
    case "list":
      return void (await client.call("instance.list", {}));
    case "info":
      return void (await client.call("instance.info", { instances: [instance] }));
    case "explain":
      return void (await client.call("instance.explain", { instance }));
    case "history":
      return void (await client.call("history.list", { instance, limit: 20, reverse: false }));
    case "status":
      return void (await client.call("daemon.status", {}));
    case "settings":
      return void (await client.call("settings.list", {}));
    case "events": {
      const { position } = (await client.call("daemon.status", {})).log;
      const stop = new AbortController();
      for await (const _ of client.stream(
        "event.feed",
        { after: Math.max(0, position - 10), follow: true },
        stop.signal,
      ))
        stop.abort();
    }
  }
}
