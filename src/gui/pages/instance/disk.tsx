/** The layers that an instance's disk stands on, from the top down, with their sizes and who refers to them. */
import { formatSize } from "../../../model/size.ts";
import type { InstanceView } from "../../../model/view.ts";
import { Waiting } from "../../components/empty.tsx";
import { Icon } from "../../components/icon.tsx";
import { Problem } from "../../components/problem.tsx";
import { layersOf } from "../../pure/layers.ts";
import { ago } from "../../pure/when.ts";
import { useStore } from "../../store/store.ts";
import { useAnswer, useShown } from "../../store/use.ts";

export function DiskLayers({ instance }: { instance: InstanceView }) {
  const { api, points, shown, nowMs } = useStore();
  const { isPast } = shown;
  const trees = useShown(points, async (at) => (await api.call("past.points", { at })).points);
  // What the top took then, nobody has noted.
  const usage = useAnswer(
    async () => (isPast.value ? undefined : api.call("daemon.usage", {})),
    [instance.id, instance.points, isPast.value],
  );
  const layers = layersOf(trees.value?.find((each) => each.instance.id === instance.id));
  const top = usage.value.value?.parts
    .find(({ kind }) => kind === "disks")
    ?.items.find(({ name }) => name === instance.name || name === instance.id);
  if (!trees.value) return trees.error ? <Problem error={trees.error} /> : <Waiting what="its layers" />;
  return (
    <ol class="layers" aria-label="Layers, the top first">
      <li class="layer-now">
        <Icon name="pencil" />
        <strong>{isPast.value ? "then" : "now"}</strong>
        <span class="muted">{isPast.value ? "what it wrote to" : "what it writes to"}</span>
        <span class="size">{top ? formatSize(top.bytes) : ""}</span>
      </li>
      {layers.map(({ name, kind, bytes, madeAt, memoryBytes }) => (
        <li key={name}>
          <Icon name="layers" />
          <strong>{name}</strong>
          <span class="muted">
            {kind}, {ago(madeAt, nowMs.value)}
            {memoryBytes !== undefined && `, with ${formatSize(memoryBytes)} of memory`}
          </span>
          <span class="size">{formatSize(bytes)}</span>
        </li>
      ))}
      <li class="layer-image">
        <Icon name="hard-drive" />
        <strong>{instance.image.title}</strong>
        <span class="muted">the image, shared by all that were made from it</span>
        <span class="size">{formatSize(instance.specs.disk)} seen by the guest</span>
      </li>
    </ol>
  );
}
