/** Networks, who is in them, who had which address, and what the host has to bridge to. */
import type { AddressView, HostInterface, LeaseView, NetworkView } from "../model/network.ts";
import type { AsOf } from "../model/view.ts";
import { card, csvOf, table } from "./table.ts";
import type { Column } from "./table.ts";
import type { View } from "./view.ts";

const networkColumns: readonly Column<NetworkView>[] = [
  { title: "NAME", cell: ({ name }) => name },
  { title: "KIND", cell: ({ kind }) => kind },
  { title: "SUBNET", cell: ({ subnet }) => subnet },
  { title: "INSTANCES", cell: ({ instances }) => String(instances), isRight: true },
];

/** `asOf`: they are of then. */
export const networksView = (networks: readonly NetworkView[], asOf?: AsOf): View => ({
  document: { schema: 1, ...(asOf && { asOf }), networks },
  records: networks,
  csv: csvOf(networks, networkColumns),
  names: networks.map(({ name }) => name),
  table: (page) => table(networks, networkColumns, page),
});

const notes = ({ isStatic, isDetached, attachment }: AddressView): string[] => [
  ...(isStatic ? ["static"] : []),
  ...(isDetached ? ["detached"] : []),
  ...(attachment === "bridge" ? ["bridge"] : []),
];

const addressColumns: readonly Column<AddressView>[] = [
  { title: "ADDRESS", cell: ({ address }) => address },
  { title: "INSTANCE", cell: ({ instance }) => instance },
  { title: "STATE", cell: ({ state }) => state },
  { title: "MAC", cell: ({ mac }) => mac },
  { title: "NOTES", cell: (row) => notes(row).join(", ") || "-", csv: (row) => notes(row).join(";") },
];

export function networkView(network: NetworkView, addresses: readonly AddressView[], asOf?: AsOf): View {
  const { name, kind, subnet, createdAt } = network;
  return {
    document: { schema: 1, ...(asOf && { asOf }), network, addresses },
    records: addresses,
    csv: csvOf(addresses, addressColumns),
    names: addresses.map(({ instance }) => instance),
    table(page) {
      const head = card(
        [
          ["name", name],
          [
            "kind",
            kind === "nat"
              ? "nat: its instances see each other and the outside"
              : "isolated: its instances see only each other",
          ],
          ["subnet", subnet],
          ["created", createdAt === undefined ? "always there" : page.localTime(createdAt)],
        ],
        page,
      );
      return addresses.length === 0 ? head : `${head}\n\n${table(addresses, addressColumns, page)}`;
    },
  };
}

const leaseColumns: readonly Column<LeaseView>[] = [
  { title: "ADDRESS", cell: ({ address }) => address },
  { title: "INSTANCE", cell: ({ instance }) => instance },
  { title: "NETWORK", cell: ({ network }) => network },
  { title: "FROM", cell: ({ from }, page) => page.localTime(from), csv: ({ from }) => from },
  {
    title: "UNTIL",
    cell: ({ until }, page) => (until === undefined ? "now" : page.localTime(until)),
    csv: ({ until }) => until ?? "",
  },
];

export const leasesView = (leases: readonly LeaseView[]): View => ({
  document: { schema: 1, leases },
  records: leases,
  csv: csvOf(leases, leaseColumns),
  names: leases.map(({ instance }) => instance),
  table: (page) => (leases.length === 0 ? "" : table(leases, leaseColumns, page)),
});

const useOf = ({ isUsable, needsBridge }: HostInterface): string =>
  needsBridge ? "yes, by a new bridge" : isUsable ? "yes" : "no";

const interfaceColumns: readonly Column<HostInterface>[] = [
  { title: "NAME", cell: ({ name }) => name },
  { title: "TYPE", cell: ({ type }) => type },
  { title: "USABLE", cell: useOf },
  { title: "DESCRIPTION", cell: ({ description }) => description, widthMin: 12 },
];

export const interfacesView = (interfaces: readonly HostInterface[], why?: string): View => ({
  document: { schema: 1, interfaces, ...(why !== undefined && { why }) },
  records: interfaces,
  csv: csvOf(interfaces, interfaceColumns),
  names: interfaces.map(({ name }) => name),
  table: (page) => (interfaces.length === 0 ? "" : table(interfaces, interfaceColumns, page)),
});
