/** Removes all images that no instance stands on. */
import { useSignal } from "@preact/signals";
import { parseDuration } from "../../../model/duration.ts";
import { formatSize } from "../../../model/size.ts";
import { Field } from "../../components/field.tsx";
import { FormDialog } from "../../components/form-dialog.tsx";
import { useStore } from "../../store/store.ts";
import { faultOf } from "../../verbs/verb-dialog.tsx";

const parse = (text: string): number => parseDuration(text, "unused");

export function PruneImagesDialog({ onClose }: { onClose: () => void }) {
  const { api, images, toasts } = useStore();
  const unused = useSignal("");
  const text = unused.value.trim();
  const fault = faultOf(text, parse);
  const send = async () => {
    const unusedMs = text === "" ? 0 : parse(text);
    const removed = await api.call("image.prune", { command: api.newCommand(), unusedMs });
    await images.expire();
    const bytes = removed.reduce((sum, image) => sum + image.bytes, 0);
    const title =
      removed.length === 0
        ? "Every image is in use, or was used lately"
        : `Removed ${removed.length}, ${formatSize(bytes)}`;
    toasts.show({
      tone: removed.length === 0 ? "note" : "ok",
      title,
      detail: removed.map(({ name }) => name).join(", "),
    });
  };
  return (
    <FormDialog
      title="Remove images that nobody uses"
      label="Remove"
      icon="trash-2"
      tone="danger"
      words={["images", "prune", ...(text === "" ? [] : ["--unused", text])]}
      isWrong={fault !== undefined}
      send={send}
      onClose={onClose}
    >
      <p>
        An image that an instance stands on stays, even of one in the trash. The others are fetched again when needed.
      </p>
      <Field
        label="Not used for"
        value={unused.value}
        onInput={(value) => (unused.value = value)}
        placeholder="however long"
        help="for example 7d: only what nobody has used for so long"
        fault={fault}
        autofocus
      />
    </FormDialog>
  );
}
