/** What can be done with all that are chosen; each verb says for how many of them it makes sense. */
import type { InstanceView } from "../../../model/view.ts";
import { Button } from "../../components/button.tsx";
import { fittingMany } from "../../pure/verbs.ts";
import { useStore } from "../../store/store.ts";

export function BulkBar({ instances, onClear }: { instances: readonly InstanceView[]; onClear: () => void }) {
  const { verbs, whyFixed } = useStore();
  return (
    <div class="bulk-bar" role="toolbar" aria-label="With those that are chosen">
      <strong>{instances.length} chosen</strong>
      {whyFixed.value === undefined &&
        fittingMany(instances).map(({ verb, instances: meant }) => (
          <Button
            key={verb.name}
            icon={verb.icon}
            tone={verb.isFinal ? "danger" : "plain"}
            title={verb.about}
            onClick={() => verbs.run(verb, meant)}
          >
            {verb.label}
            {meant.length < instances.length && <span class="count">{meant.length}</span>}
          </Button>
        ))}
      <Button tone="quiet" icon="x" label="Choose none" onClick={onClear} />
    </div>
  );
}
