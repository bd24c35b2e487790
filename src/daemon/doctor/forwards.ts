/** Ports of the host that should lead into instances that run, and do not. */
import type { World } from "../../events/world.ts";
import type { Check } from "../../model/check.ts";

export function checkForwards({ instances }: Pick<World, "instances">): Check[] {
  const running = [...instances.values()].filter(
    ({ power, forwards }) => power === "running" && forwards !== undefined,
  );
  if (running.length === 0) return [];
  const lost = running.flatMap(({ name, forwards = [] }) =>
    forwards.flatMap(({ failure }) => (failure ? [{ name, reason: failure.reason }] : [])),
  );
  if (lost.length === 0) {
    const count = running.reduce((sum, { forwards = [] }) => sum + forwards.length, 0);
    return [{ name: "forwards", verdict: "ok", found: `${count}, all open` }];
  }
  return lost.map(({ name, reason }): Check => {
    return { name: "forwards", verdict: "fail", found: `${name}: ${reason}`, next: `strata forward list ${name}` };
  });
}
