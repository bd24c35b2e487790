/** `multipass list` in its shapes. */
import { quotedField, csvText } from "./format.ts";
import type { Shapes } from "./format.ts";
import { byInstance } from "./order.ts";
import { zoneRecord, zoneText } from "./zone.ts";
import type { ShownZone } from "./zone.ts";

export interface ListedInstance {
  readonly name: string;
  readonly state: string;
  readonly ipv4: readonly string[];
  /** `Ubuntu 24.04 LTS`; empty: it is not known. */
  readonly release: string;
  readonly zone: ShownZone;
}

const nameWidthMin = 24;
const columnGap = 3;
const widths = { state: 18, ipv4: 17, image: 20 } as const;

/** JSON keeps the order given. */
export function listShapes(instances: readonly ListedInstance[], primary: string): Shapes {
  const sorted = byInstance(instances, ({ name }) => name, primary);
  return {
    table: () => (sorted.length === 0 ? "No instances found.\n" : tableOf(sorted)),
    json: () => ({
      list: instances.map((each) => ({
        name: each.name,
        state: each.state,
        ipv4: each.ipv4,
        release: releaseOf(each),
        zone: zoneRecord(each.zone),
      })),
    }),
    csv: () =>
      csvText([["Name", "State", "IPv4", "Release", "AllIPv4", "Zone", "Zone available"], ...sorted.map(fields)]),
    yaml: () => (sorted.length === 0 ? "\n" : Object.fromEntries(sorted.map((each) => [each.name, [record(each)]]))),
  };
}

const releaseOf = ({ release }: ListedInstance): string => (release === "" ? "Not Available" : release);

const fields = (each: ListedInstance): string[] => [
  each.name,
  each.state,
  each.ipv4[0] ?? "",
  releaseOf(each),
  quotedField(each.ipv4.join(",")),
  each.zone.name,
  String(each.zone.available),
];

const record = (each: ListedInstance) => ({
  state: each.state,
  zone: zoneRecord(each.zone),
  ipv4: each.ipv4,
  release: releaseOf(each),
});

function tableOf(instances: readonly ListedInstance[]): string {
  const nameWidth = Math.max(nameWidthMin, ...instances.map(({ name }) => name.length + columnGap));
  const rows = instances.flatMap((each) => {
    const [first = "--", ...more] = each.ipv4;
    return [
      [each.name, each.state, first, releaseOf(each), zoneText(each.zone)],
      ...more.map((address) => ["", "", address, "", ""]),
    ];
  });
  return [["Name", "State", "IPv4", "Image", "Zone"], ...rows].map((cells) => rowText(cells, nameWidth)).join("");
}

function rowText(
  [name = "", state = "", ipv4 = "", image = "", zone = ""]: readonly string[],
  nameWidth: number,
): string {
  const cells = [wide(name, nameWidth), wide(state, widths.state), wide(ipv4, widths.ipv4), wide(image, widths.image)];
  return `${`${cells.join("")}${zone}`.trimEnd()}\n`;
}

/** The reference lets a cell that is too long run into the next one; here it does not. */
const wide = (text: string, width: number): string => (text.length < width ? text.padEnd(width) : `${text}  `);
