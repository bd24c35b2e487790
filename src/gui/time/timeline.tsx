/** The past of one instance: its points as a tree, where it stands now, and the ways back. */
import { useComputed, useSignal } from "@preact/signals";
import type { InstanceView } from "../../model/view.ts";
import { Button } from "../components/button.tsx";
import { Empty, Waiting } from "../components/empty.tsx";
import { drawTree, type TreeRow } from "../pure/point-tree.ts";
import { verbs } from "../pure/verbs.ts";
import { useResource } from "../store/use.ts";
import { useStore } from "../store/store.ts";
import { Compare } from "./compare.tsx";
import { PointRow } from "./point-row.tsx";
import { TreeLines, widthOf } from "./tree-lines.tsx";

/** Two points at most are compared; a third one takes the older choice's place. */
const chosenMax = 2;

export function Timeline({ instance }: { instance: InstanceView }) {
  const { points, shown, verbs: actions, whyFixed } = useStore();
  const trees = useResource(points);
  const chosen = useSignal<readonly string[]>([]);
  const drawn = useComputed(() => {
    const tree = points.value.value?.find((each) => each.instance.id === instance.id);
    const until = shown.moment.value?.asOf.time;
    // Of the past, only what was there already.
    return (
      tree &&
      drawTree(until === undefined ? tree : { ...tree, points: tree.points.filter(({ madeAt }) => madeAt <= until) })
    );
  });
  if (!trees || !drawn.value) return <Waiting what="its points" />;
  const snapshot = verbs.find(({ name }) => name === "snapshot");
  const choose = (name: string) => {
    const others = chosen.peek().filter((each) => each !== name);
    chosen.value = others.length < chosen.peek().length ? others : [...others, name].slice(-chosenMax);
  };
  const tree = drawn.value;
  return (
    <>
      {tree.rows.length === 2 && (
        <Empty icon="camera" title="No points yet">
          <p>A snapshot is a place to come back to; it takes a moment and no space at first.</p>
          {snapshot && whyFixed.value === undefined && (
            <Button tone="main" icon="camera" onClick={() => actions.run(snapshot, [instance])}>
              Snapshot
            </Button>
          )}
        </Empty>
      )}
      <ul class="tree" aria-label={`Points of ${instance.name}, the newest first`}>
        <TreeLines tree={tree} />
        {tree.rows.map((row) => (
          <li key={row.id} style={{ paddingLeft: `${widthOf(tree)}px` }}>
            {row.point ? (
              <PointRow
                instance={instance}
                point={row.point}
                isOwn={row.isOwn}
                isChosen={chosen.value.includes(row.point.name)}
                onChoose={choose}
              />
            ) : (
              <EndRow row={row} instance={instance} />
            )}
          </li>
        ))}
      </ul>
      <Compare instance={instance} names={chosen.value} />
    </>
  );
}

function EndRow({ row, instance }: { row: TreeRow; instance: InstanceView }) {
  if (row.id === "now")
    return (
      <>
        <span class="here-words">you are here</span>
        <span class="muted">{instance.state.toLowerCase()}</span>
      </>
    );
  return <span class="muted">{instance.image.title}, the image</span>;
}
