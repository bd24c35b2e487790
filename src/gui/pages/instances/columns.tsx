/** The columns of the table of instances. */
import type { ReadonlySignal } from "@preact/signals";
import type { InstanceView } from "../../../model/view.ts";
import { CopyButton } from "../../components/button.tsx";
import type { Column } from "../../components/grid.tsx";
import { HealthMark, PowerMark } from "../../components/state-mark.tsx";
import { specsText } from "../../pure/specs.ts";
import { LastOperation } from "./last-operation.tsx";
import { RowActions } from "./row-actions.tsx";

export interface Choosing {
  isChosen(id: string): boolean;
  choose(id: string, isRange: boolean): void;
  chooseAll(): void;
  readonly isAllChosen: ReadonlySignal<boolean>;
}

export const instanceColumns = (choosing: Choosing): readonly Column<InstanceView>[] => [
  {
    name: "chosen",
    width: "22px",
    title: (
      <input type="checkbox" aria-label="Choose all" checked={choosing.isAllChosen} onChange={choosing.chooseAll} />
    ),
    cell: ({ id, name }) => (
      <input
        type="checkbox"
        tabIndex={-1}
        aria-label={`Choose ${name}`}
        checked={choosing.isChosen(id)}
        onClick={(event) => choosing.choose(id, event.shiftKey)}
      />
    ),
  },
  {
    name: "name",
    width: "minmax(0, 1.4fr)",
    title: "Name",
    cell: ({ name, labels }) => (
      <span class="name-cell">
        <a href={`#/instances/${encodeURIComponent(name)}`} tabIndex={-1}>
          {name}
        </a>
        {Object.entries(labels ?? {}).map(([key, value]) => (
          <span class="label" key={key}>
            {key}={value}
          </span>
        ))}
      </span>
    ),
  },
  { name: "power", width: "8rem", title: "Power", cell: (instance) => <PowerMark instance={instance} /> },
  {
    name: "health",
    width: "7.5rem",
    title: "Health",
    shownFrom: "middle",
    cell: (instance) => <HealthMark instance={instance} />,
  },
  {
    name: "address",
    width: "9.5rem",
    title: "Address",
    shownFrom: "middle",
    cell: ({ ipv4: [address] }) =>
      address === undefined ? (
        <span class="muted">–</span>
      ) : (
        <span class="address">
          <code>{address}</code>
          <CopyButton text={address} what="the address" />
        </span>
      ),
  },
  {
    name: "image",
    width: "minmax(7rem, 1fr)",
    title: "Image",
    shownFrom: "wide",
    cell: ({ image }) => <span class="cut">{image.title}</span>,
  },
  {
    name: "specs",
    width: "10rem",
    title: "Size",
    shownFrom: "wide",
    cell: ({ specs }) => <span class="muted">{specsText(specs)}</span>,
  },
  {
    name: "points",
    width: "4.5rem",
    title: "Points",
    shownFrom: "wide",
    cell: ({ points }) => (points === 0 ? <span class="muted">–</span> : points),
  },
  {
    name: "last",
    width: "minmax(9rem, 1fr)",
    title: "Last operation",
    shownFrom: "middle",
    cell: (instance) => <LastOperation instance={instance} />,
  },
  {
    name: "actions",
    width: "var(--actions)",
    title: <span class="unseen">What can be done</span>,
    cell: (instance) => <RowActions instance={instance} />,
  },
];
