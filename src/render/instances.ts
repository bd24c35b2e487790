/** Instances as a list. The JSON keeps Multipass's keys (`list`, name, state, ipv4, release) and adds our own. */
import type { AsOf, InstanceView } from "../model/view.ts";
import { csvOf, table } from "./table.ts";
import type { Column } from "./table.ts";
import type { Style } from "./text.ts";
import type { Json, View } from "./view.ts";

const styleOfState: Partial<Record<InstanceView["state"], Style>> = {
  Running: "green",
  Crashed: "red",
  Deleted: "dim",
  Stopped: "dim",
  Suspended: "dim",
};

const columns: readonly Column<InstanceView>[] = [
  { title: "NAME", cell: ({ name }) => name },
  { title: "STATE", cell: ({ state }) => state, style: ({ state }) => styleOfState[state] },
  {
    title: "HEALTH",
    cell: healthWord,
    csv: ({ health }) => health,
    style: ({ health }) => (health === "unreachable" || health === "paused" ? "yellow" : undefined),
  },
  { title: "IPV4", cell: ({ ipv4 }) => ipv4[0] ?? "-", csv: ({ ipv4 }) => ipv4.join(";") },
  { title: "IMAGE", cell: ({ image }) => image.title, widthMin: 8 },
  { title: "POINTS", cell: ({ points }) => String(points) },
];

/** Without instances the table is empty; whoever asked says so on standard error. Only what is asked for is made. `asOf`: they are of then. */
export function instanceList(instances: readonly InstanceView[], asOf?: AsOf): View {
  return {
    get document() {
      return { schema: 1, ...(asOf && { asOf }), list: instances.map(instanceRecord) };
    },
    get records() {
      return instances.map(instanceRecord);
    },
    get csv() {
      return csvOf(instances, columns);
    },
    get names() {
      return instances.map(({ name }) => name);
    },
    table: (page) => (instances.length === 0 ? "" : table(instances, columns, page)),
  };
}

/** What a list's JSON says of one instance. */
export function instanceRecord(instance: InstanceView): Json {
  const { id, name, state, ipv4, image, power, health, specs, points, operation, labels, endsAt, ephemeral, stopsAt } =
    instance;
  const own = { id, power, health, image, specs, points, operation, labels, endsAt, ephemeral, stopsAt };
  return { name, state, ipv4, release: image.title, ...own };
}

/** What the guest says: nothing while it is off. */
export function healthWord({ health }: Pick<InstanceView, "health">): string {
  return health === "none" ? "-" : health;
}
