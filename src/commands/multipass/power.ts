/** Instances in the middle of something: what they cannot be asked for then, and how that is ended. */
import type { Accepted } from "../../api/contract.ts";
import { UserError } from "../../errors.ts";
import type { InstanceView } from "../../model/view.ts";
import type { MultipassContext } from "./context.ts";
import type { State } from "./states.ts";

/** Why its guest cannot be asked to shut down; undefined: it can, or it is off. */
export function shutdownFault(name: string, state: State): string | undefined {
  switch (state) {
    case "Suspended":
      return `Cannot shut down suspended instance ${name}.`;
    case "Suspending":
      return `Cannot shut down instance ${name} while suspending.`;
    case "Starting":
    case "Restarting":
      return `Cannot shut down instance ${name} while starting.`;
    default:
      return undefined;
  }
}

export const isBeingPrepared = (name: string): string => `instance "${name}" is being prepared`;

/** What somebody else stops is waited for, by its operation. */
export const stopUnderWay = ({ state, operation }: InstanceView): Accepted | undefined =>
  state === "Stopping" && operation ? { operation } : undefined;

/** Calls off what is under way with it, if anything is, and waits until that has ended. */
export async function endPending(
  { api, newCommand }: Pick<MultipassContext, "api" | "newCommand">,
  { operation }: InstanceView,
): Promise<void> {
  if (!operation) return;
  try {
    await api.call("operation.cancel", { command: newCommand(), operation: operation.id });
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== "operation-ended") throw error;
  }
  await untilEnded(api, operation.id);
}

/** Waits for the end of an operation that somebody else began, however it ends. */
export async function untilEnded(api: MultipassContext["api"], operation: string): Promise<void> {
  for await (const item of api.stream("operation.follow", { operation })) if (item.kind === "ended") return;
}
