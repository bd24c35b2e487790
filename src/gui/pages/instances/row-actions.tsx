/** What is done most with an instance, in its row; the rest is behind a menu. */
import type { InstanceView } from "../../../model/view.ts";
import { Button } from "../../components/button.tsx";
import { VerbMenu } from "../../verbs/menu.tsx";
import { verbs } from "../../pure/verbs.ts";
import { useStore } from "../../store/store.ts";

const first = ["recover", "start", "stop"] as const;

export function RowActions({ instance }: { instance: InstanceView }) {
  const { verbs: actions, whyFixed, router } = useStore();
  if (whyFixed.value !== undefined) return null;
  const verb = verbs.find((each) => first.some((name) => name === each.name) && each.fits(instance));
  return (
    <span class="row-actions">
      {verb && (
        <Button
          tone="quiet"
          icon={verb.icon}
          label={`${verb.label} ${instance.name}`}
          disabled={instance.operation !== undefined}
          onClick={() => actions.run(verb, [instance])}
        />
      )}
      {instance.power === "running" && (
        <Button
          tone="quiet"
          icon="terminal"
          label={`Terminal of ${instance.name}`}
          onClick={() => router.go({ page: "instance", name: instance.name, tab: "terminal" })}
        />
      )}
      <VerbMenu instance={instance} />
    </span>
  );
}
