/** Ports and folders of the host that lead into instances, all in one list. */
import type { InstanceView } from "../../model/view.ts";

export interface Way {
  readonly instance: string;
  /** `127.0.0.1:8080/tcp`, or a folder of the host. */
  readonly outside: string;
  readonly inside: string;
  readonly kind: string;
  readonly health: "ok" | "waiting" | "bad";
  /** A word or two; the reason, where it does not work. */
  readonly why: string;
}

type Seen = Pick<InstanceView, "name" | "power" | "forwards" | "mounts">;

export const waysOf = (instances: readonly Seen[]): readonly Way[] =>
  instances.flatMap((instance) => [...portsOf(instance), ...mountsOf(instance)]);

const portsOf = ({ name, power, forwards = [] }: Seen): Way[] =>
  forwards.map(({ protocol, bind, host, guest, failure }) => ({
    instance: name,
    outside: `${bind}:${host}/${protocol}`,
    inside: String(guest),
    kind: "port",
    ...(failure
      ? { health: "bad" as const, why: failure.reason }
      : power === "running"
        ? { health: "ok" as const, why: "open" }
        : { health: "waiting" as const, why: "when it runs" }),
  }));

const mountsOf = ({ name, mounts = [] }: Seen): Way[] =>
  mounts.map(({ source, target, type, readOnly, state, degraded }) => ({
    instance: name,
    outside: source,
    inside: target,
    kind: `${type} mount${readOnly ? ", read only" : ""}`,
    health: state === "active" ? "ok" : state === "waiting" ? "waiting" : "bad",
    why: degraded?.reason ?? state,
  }));
