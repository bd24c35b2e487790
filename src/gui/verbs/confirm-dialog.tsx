/** Asks before what cannot be taken back. */
import { sendPlain } from "../store/actions.ts";
import { useStore } from "../store/store.ts";
import type { VerbDialogProps } from "./dialogs.tsx";
import { namesOf, VerbDialog } from "./verb-dialog.tsx";

export function ConfirmDialog({ verb, instances, onClose }: VerbDialogProps) {
  const { api } = useStore();
  const names = instances.map(({ name }) => name);
  return (
    <VerbDialog
      verb={verb}
      instances={instances}
      title={`${verb.label}: ${namesOf(instances)}`}
      words={verb.words(names)}
      send={({ id }) => sendPlain(api, verb.name, id)}
      onClose={onClose}
    >
      <p>
        This will {verb.about}.{verb.isFinal && <strong> No undo brings it back.</strong>}
      </p>
    </VerbDialog>
  );
}
