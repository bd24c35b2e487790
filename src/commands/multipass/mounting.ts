/** Mounting and unmounting, one after the other, as `mount`, `umount` and `launch` ask for it. */
import type { Input } from "../../api/contract.ts";
import type { MultipassContext } from "./context.ts";
import { failureText } from "./failures.ts";
import type { MountPlace } from "./mounts.ts";
import { perform } from "./perform.ts";
import { failedForSeveral, multipassExit } from "./stop.ts";

type Asked = Pick<Input<"instance.mount">, "source" | "type" | "uids" | "gids">;

/** A daemon that has no such setting refuses none. */
export async function mayMount({ api }: Pick<MultipassContext, "api">): Promise<boolean> {
  const settings = await api.call("settings.list", {});
  return settings.find(({ key }) => key === "mounts.enabled")?.value !== "off";
}

/** Answers exit 0. Throws `Stop` with all failures. */
export const mountEach = (context: MultipassContext, places: readonly MountPlace[], asked: Asked): Promise<number> =>
  inTurn("mount", places, (place) => mountOne(context, place, asked));

export const unmountEach = (context: MultipassContext, places: readonly MountPlace[]): Promise<number> =>
  inTurn("umount", places, ({ instance, path: target }) =>
    perform(context, {
      what: `umount ${instance}`,
      send: () =>
        context.api.call("instance.unmount", { command: context.newCommand(), instance, target, force: false }),
    }),
  );

/** Throws what the daemon says. */
export const mountOne = (context: MultipassContext, { instance, path }: MountPlace, asked: Asked): Promise<unknown> =>
  perform(context, {
    what: `mount ${instance}`,
    says: `Mounting ${asked.source} into ${instance}`,
    send: () =>
      context.api.call("instance.mount", {
        command: context.newCommand(),
        instance,
        ...(path !== "" && { target: path }),
        ...asked,
        readOnly: false,
      }),
  });

/** An instance takes one at a time. */
async function inTurn(
  verb: string,
  places: readonly MountPlace[],
  work: (place: MountPlace) => Promise<unknown>,
): Promise<number> {
  const faults: string[] = [];
  for (const place of places) await work(place).catch((error: unknown) => void faults.push(failureText(error)));
  if (faults.length > 0) throw failedForSeveral(verb, faults);
  return multipassExit.ok;
}
