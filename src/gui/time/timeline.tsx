/** The past of one instance: its points as a tree, where it stands now, and the ways back. */
import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { InstanceView } from "../../model/view.ts";
import { Button } from "../components/button.tsx";
import { Empty, Waiting } from "../components/empty.tsx";
import { Problem } from "../components/problem.tsx";
import { drawTree, type TreeRow } from "../pure/point-tree.ts";
import { verbs } from "../pure/verbs.ts";
import { useShown } from "../store/use.ts";
import { useStore } from "../store/store.ts";
import { Compare } from "./compare.tsx";
import { PointRow } from "./point-row.tsx";
import { TreeLines, widthOf } from "./tree-lines.tsx";

/** Two points at most are compared; a third one takes the older choice's place. */
const chosenMax = 2;

export function Timeline({ instance }: { instance: InstanceView }) {
  const { api, points, shown, verbs: actions, whyFixed } = useStore();
  const trees = useShown(points, async (at) => (await api.call("past.points", { at })).points);
  const chosen = useSignal<readonly string[]>([]);
  const own = trees.value?.find((each) => each.instance.id === instance.id);
  const tree = useMemo(() => own && drawTree(own), [own]);
  if (!tree) return trees.error ? <Problem error={trees.error} /> : <Waiting what="its points" />;
  const snapshot = verbs.find(({ name }) => name === "snapshot");
  const choose = (name: string) => {
    const others = chosen.peek().filter((each) => each !== name);
    chosen.value = others.length < chosen.peek().length ? others : [...others, name].slice(-chosenMax);
  };
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
              <EndRow row={row} instance={instance} isPast={shown.isPast.value} />
            )}
          </li>
        ))}
      </ul>
      <Compare instance={instance} names={chosen.value} />
    </>
  );
}

function EndRow({ row, instance, isPast }: { row: TreeRow; instance: InstanceView; isPast: boolean }) {
  if (row.id === "now")
    return (
      <>
        <span class="here-words">{isPast ? "it stood here" : "you are here"}</span>
        <span class="muted">{instance.state.toLowerCase()}</span>
      </>
    );
  return <span class="muted">{instance.image.title}, the image</span>;
}
