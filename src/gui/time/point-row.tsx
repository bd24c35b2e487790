/** One point in the tree: what it is, what it costs, and what can be done with it. */
import { formatSize } from "../../model/size.ts";
import type { InstanceView } from "../../model/view.ts";
import { Ago } from "../components/ago.tsx";
import { Button } from "../components/button.tsx";
import { Icon } from "../components/icon.tsx";
import type { TreePoint } from "../pure/point-tree.ts";
import { until } from "../pure/when.ts";
import { messageOf } from "../../errors.ts";
import { useStore } from "../store/store.ts";

const kinds = { snapshot: "snapshot", branch: "left by a restore", auto: "made by itself" } as const;

export interface PointRowProps {
  readonly instance: InstanceView;
  readonly point: TreePoint;
  /** The present stands on it. */
  readonly isOwn: boolean;
  readonly isChosen: boolean;
  readonly onChoose: (name: string) => void;
}

export function PointRow({ instance, point, isOwn, isChosen, onChoose }: PointRowProps) {
  const { plan } = useStore();
  const { name, kind, madeAt, bytes, kept, comment, operation } = point;
  const size = formatSize(bytes + (kept?.memoryBytes ?? 0));
  const open = (what: "restore" | "fork") => (plan.value = { kind: what, instance: instance.id, point: name });
  return (
    <>
      <span class="point-words">
        <strong>
          {name} <Stays point={point} />
        </strong>
        <span class="muted">
          {kinds[kind]}
          {", "}
          <Ago time={madeAt} />, {kept ? "disk + memory" : "disk"}, {size},{" "}
          <a href={`#/history/${operation}`}>operation {operation}</a>
          {isOwn && ", the present stands on it"}
          {comment !== undefined && <q>{comment}</q>}
        </span>
      </span>
      <label class="check bare">
        <input type="checkbox" checked={isChosen} onChange={() => onChoose(name)} aria-label={`Compare ${name}`} />
        <span>compare</span>
      </label>
      <Button icon="archive-restore" onClick={() => open("restore")} title={`Go back to ${name}`}>
        Restore…
      </Button>
      <Button icon="git-branch" onClick={() => open("fork")} title={`A new instance that begins at ${name}`}>
        Fork…
      </Button>
      <Keep instance={instance} point={point} />
    </>
  );
}

/** Whether it goes by itself, in words for those who listen. */
function Stays({ point: { isHeld, expires } }: { point: TreePoint }) {
  const { nowMs } = useStore();
  if (isHeld)
    return (
      <span class="muted">
        <Icon name="lock" size={13} /> held
      </span>
    );
  if (expires === undefined) return null;
  return (
    <span class="muted">
      <Icon name="hourglass" size={13} /> goes {until(expires, nowMs.value)}
    </span>
  );
}

/** Holding and letting go need no plan: each is undone by the other. */
function Keep({ instance, point: { name, isHeld } }: { instance: InstanceView; point: TreePoint }) {
  const { api, accepted, toasts, whyFixed } = useStore();
  if (whyFixed.value !== undefined) return null;
  const word = isHeld ? "Release" : "Hold";
  const hold = async () => {
    try {
      const input = { command: api.newCommand(), instance: instance.id, point: name, held: !isHeld };
      accepted(await api.call("point.hold", input), `${word} ${name}`);
    } catch (error) {
      toasts.show({ tone: "bad", title: `${word} ${name}`, detail: messageOf(error) });
    }
  };
  return <Button tone="quiet" icon="lock" label={`${word} ${name}`} isPressed={isHeld} onClick={() => void hold()} />;
}
