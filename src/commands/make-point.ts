/** A point that a verb makes by the way: what `try` goes back to, what a fork of the present begins from. */
import { changeAll } from "./change.ts";
import type { Context } from "./context.ts";

/** Such points are of no use for long; a layer stays as long as a fork stands on it. */
const expiresMs = 86_400_000;

/** Makes it, says so (`done` begins the line), and answers its name. */
export async function makePoint(
  context: Context,
  instance: string,
  { done, withMemory, reason }: { done: string; withMemory: boolean; reason: string | undefined },
): Promise<string> {
  let name = "";
  await changeAll(context, [instance], {
    verb: "snapshot",
    done,
    detach: false,
    shape: { json: false, quiet: false },
    title: ({ point }) => `${instance}@${point?.name ?? ""}`,
    after: ({ point }) => {
      name = point?.name ?? "";
      return [];
    },
    send: () =>
      context.api.call("point.snapshot", {
        command: context.newCommand(),
        ...context.reason(reason),
        instance,
        withMemory,
        auto: true,
        expiresMs,
      }),
  });
  return name;
}
