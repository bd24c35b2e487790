/** The points of one instance: places in its past that can be gone back to. */
import { formatSize } from "../../model/size.ts";
import type { InstanceView } from "../../model/view.ts";
import { Button } from "../components/button.tsx";
import { Empty } from "../components/empty.tsx";
import { ago } from "../pure/when.ts";
import { useResource } from "../store/use.ts";
import { useStore } from "../store/store.ts";

export function Timeline({ instance }: { instance: InstanceView }) {
  const { points, plan, nowMs } = useStore();
  const trees = useResource(points);
  const tree = trees?.find((each) => each.instance.id === instance.id);
  if (!tree || tree.points.length === 0) return <Empty icon="camera" title="No points yet" />;
  return (
    <ul class="rows">
      {tree.points.toReversed().map((point) => (
        <li key={point.id}>
          <strong>{point.name}</strong>
          <span class="muted">
            {point.kind}, {ago(point.madeAt, nowMs.value)}, {formatSize(point.bytes)}
          </span>
          <Button onClick={() => (plan.value = { kind: "restore", instance: instance.name, point: point.name })}>
            Restore…
          </Button>
        </li>
      ))}
    </ul>
  );
}
