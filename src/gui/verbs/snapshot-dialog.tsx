/** A point to come back to: its name, a note, and whether the memory is kept. */
import { useSignal } from "@preact/signals";
import { parseDuration } from "../../model/duration.ts";
import { parsePointName } from "../../model/point-word.ts";
import { Check, Field } from "../components/field.tsx";
import { optionWords } from "../pure/option-words.ts";
import { useStore } from "../store/store.ts";
import type { VerbDialogProps } from "./dialogs.tsx";
import { faultOf, namesOf, VerbDialog } from "./verb-dialog.tsx";

export function SnapshotDialog({ verb, instances, onClose }: VerbDialogProps) {
  const { api } = useStore();
  const [name, comment, expires] = [useSignal(""), useSignal(""), useSignal("")];
  const withMemory = useSignal(false);
  const canKeepMemory = instances.some(({ power }) => power === "running");
  const nameFault = faultOf(name.value, parsePointName);
  const expiresFault = faultOf(expires.value, (text) => parseDuration(text, "time"));
  const at = name.value.trim() === "" ? "" : `@${name.value.trim()}`;
  return (
    <VerbDialog
      verb={verb}
      instances={instances}
      title={`Snapshot of ${namesOf(instances)}`}
      isWrong={nameFault !== undefined || expiresFault !== undefined}
      words={[
        "snapshot",
        `${instances[0]?.name ?? "INSTANCE"}${at}`,
        ...(withMemory.value ? ["--with-memory"] : []),
        ...optionWords("--comment", comment.value),
        ...optionWords("--expires", expires.value),
      ]}
      send={({ id }) =>
        api.call("point.snapshot", {
          command: api.newCommand(),
          instance: id,
          withMemory: withMemory.value,
          ...(name.value.trim() !== "" && { name: name.value.trim() }),
          ...(comment.value.trim() !== "" && { comment: comment.value.trim() }),
          ...(expires.value.trim() !== "" && { expiresMs: parseDuration(expires.value.trim(), "time") }),
        })
      }
      onClose={onClose}
    >
      <Field
        label="Name"
        value={name.value}
        onInput={(text) => (name.value = text)}
        placeholder="the next of snapshot1, snapshot2 …"
        fault={nameFault}
        autofocus
      />
      <Field
        label="Note"
        value={comment.value}
        onInput={(text) => (comment.value = text)}
        placeholder="what it is for"
      />
      <Field
        label="Kept for"
        value={expires.value}
        onInput={(text) => (expires.value = text)}
        placeholder="for good"
        help="for example 7d: then it goes by itself"
        fault={expiresFault}
      />
      {canKeepMemory && (
        <Check
          label="With its memory"
          help="going back is no boot then: programs go on where they were"
          checked={withMemory.value}
          onChange={(checked) => (withMemory.value = checked)}
        />
      )}
    </VerbDialog>
  );
}
