/** A stop that comes when a time is over. */
import { useSignal } from "@preact/signals";
import { parseLifetime } from "../../model/lifetime.ts";
import { Field } from "../components/field.tsx";
import { useStore } from "../store/store.ts";
import type { VerbDialogProps } from "./dialogs.tsx";
import { faultOf, namesOf, VerbDialog } from "./verb-dialog.tsx";

export function StopLaterDialog({ verb, instances, onClose }: VerbDialogProps) {
  const { api } = useStore();
  const time = useSignal("10m");
  const fault = faultOf(time.value, parseLifetime);
  return (
    <VerbDialog
      verb={verb}
      instances={instances}
      title={`Stop ${namesOf(instances)} later`}
      isWrong={fault !== undefined || time.value.trim() === ""}
      words={["stop", ...instances.map(({ name }) => name), "--in", time.value.trim() || "TIME"]}
      send={({ id }) =>
        api.call("instance.stop-later", {
          command: api.newCommand(),
          instance: id,
          inMs: parseLifetime(time.value.trim()),
        })
      }
      onClose={onClose}
    >
      <Field
        label="In"
        value={time.value}
        onInput={(text) => (time.value = text)}
        fault={fault}
        help="whoever is logged in there is told meanwhile"
        autofocus
      />
    </VerbDialog>
  );
}
