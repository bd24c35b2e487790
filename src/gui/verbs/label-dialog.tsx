/** A label: a key and a value to find instances by. */
import { useSignal } from "@preact/signals";
import { parseLabel } from "../../model/label.ts";
import { Field } from "../components/field.tsx";
import { useStore } from "../store/store.ts";
import type { VerbDialogProps } from "./dialogs.tsx";
import { faultOf, VerbDialog } from "./verb-dialog.tsx";

export function LabelDialog({ verb, instances, onClose }: VerbDialogProps) {
  const { api } = useStore();
  const [key, value] = [useSignal(""), useSignal("")];
  const [label, to] = [key.value.trim(), value.value.trim()];
  const name = instances[0]?.name ?? "INSTANCE";
  const fault = label === "" ? undefined : faultOf(`${label}=${to || "x"}`, parseLabel);
  return (
    <VerbDialog
      verb={verb}
      instances={instances}
      title={`Label ${name}`}
      isWrong={label === "" || to === "" || fault !== undefined}
      words={["set", `local.${name}.label.${label || "KEY"}=${to || "VALUE"}`]}
      send={({ name: of }) =>
        api.call("settings.set", { command: api.newCommand(), key: `local.${of}.label.${label}`, value: to })
      }
      onClose={onClose}
    >
      <Field
        label="Key"
        value={key.value}
        onInput={(text) => (key.value = text)}
        placeholder="use"
        fault={fault}
        help="one that it has already gets the new value"
        autofocus
      />
      <Field label="Value" value={value.value} onInput={(text) => (value.value = text)} placeholder="demo" />
    </VerbDialog>
  );
}
