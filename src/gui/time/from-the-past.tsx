/** What can be done with an instance of the past: what its verbs turn into while the page shows a moment that is over. */
import type { InstanceView } from "../../model/view.ts";
import { Button } from "../components/button.tsx";
import { useStore } from "../store/store.ts";

export function FromThePast({ instance }: { instance: InstanceView }) {
  const { time, plan } = useStore();
  const operation = time.operation.value;
  if (operation === undefined) return null;
  const point = String(operation);
  return (
    <>
      <Button icon="archive-restore" onClick={() => (plan.value = { kind: "restore", instance: instance.id, point })}>
        Restore this…
      </Button>
      <Button
        tone="main"
        icon="git-branch"
        onClick={() => (plan.value = { kind: "fork", instance: instance.id, point })}
      >
        Fork from here…
      </Button>
    </>
  );
}
