/** A folder of this machine in an instance. */
import { useSignal } from "@preact/signals";
import { Check, Field, Select } from "../components/field.tsx";
import { useStore } from "../store/store.ts";
import type { VerbDialogProps } from "./dialogs.tsx";
import { VerbDialog } from "./verb-dialog.tsx";

export function MountDialog({ verb, instances, onClose }: VerbDialogProps) {
  const { api } = useStore();
  const [source, target, type] = [useSignal(""), useSignal(""), useSignal<"classic" | "native">("classic")];
  const readOnly = useSignal(false);
  const name = instances[0]?.name ?? "INSTANCE";
  const [from, to] = [source.value.trim(), target.value.trim()];
  return (
    <VerbDialog
      verb={verb}
      instances={instances}
      title={`Mount a folder in ${name}`}
      isWrong={!from.startsWith("/")}
      words={[
        "mount",
        from || "SOURCE",
        to === "" ? name : `${name}:${to}`,
        ...(type.value === "native" ? ["--type", "native"] : []),
        ...(readOnly.value ? ["--read-only"] : []),
      ]}
      send={({ id }) =>
        api.call("instance.mount", {
          command: api.newCommand(),
          instance: id,
          source: from,
          type: type.value,
          readOnly: readOnly.value,
          ...(to !== "" && { target: to }),
        })
      }
      onClose={onClose}
    >
      <Field
        label="Folder of this machine"
        value={source.value}
        onInput={(text) => (source.value = text)}
        placeholder="/home/you/site"
        help="its files are served with your own rights"
        fault={from !== "" && !from.startsWith("/") ? "an absolute path, with a slash in front" : undefined}
        autofocus
      />
      <Field
        label="Where it is seen"
        value={target.value}
        onInput={(text) => (target.value = text)}
        placeholder="in the home of its user, under the same name"
      />
      <Select
        label="How"
        value={type.value}
        onChange={(value) => (type.value = value === "native" ? "native" : "classic")}
        choices={[
          ["classic", "classic: sshfs, works everywhere"],
          ["native", "native: virtiofs, faster"],
        ]}
      />
      <Check label="Read only" checked={readOnly.value} onChange={(checked) => (readOnly.value = checked)} />
    </VerbDialog>
  );
}
