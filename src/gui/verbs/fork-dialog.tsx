/** A new instance that begins where another one stands: at a point of its past, or at one that is made for it now. */
import { useSignal } from "@preact/signals";
import type { InstanceView } from "../../model/view.ts";
import { parseName } from "../../model/name.ts";
import { Field, Select } from "../components/field.tsx";
import { useStore } from "../store/store.ts";
import { useResource } from "../store/use.ts";
import { untilEnded } from "../store/until-ended.ts";
import type { VerbDialogProps } from "./dialogs.tsx";
import { faultOf, VerbDialog } from "./verb-dialog.tsx";

const now = "";

export function ForkDialog({ verb, instances, onClose }: VerbDialogProps) {
  const { api, points } = useStore();
  const source = instances[0];
  const [name, point] = [useSignal(""), useSignal(now)];
  const there = useResource(points)?.find(({ instance }) => instance.id === source?.id)?.points ?? [];
  const fault = faultOf(name.value, parseName);
  const wanted = name.value.trim();

  const send = async ({ id, power }: InstanceView) => {
    const isRunning = power === "running";
    const from = point.value === now ? await freshPoint(id, isRunning) : point.value;
    return api.call("instance.fork", {
      command: api.newCommand(),
      instance: id,
      point: from,
      starts: point.value === now ? isRunning : there.find((each) => each.name === from)?.kept !== undefined,
      ...(wanted !== "" && { name: wanted }),
    });
  };
  /** A point of now; its layer is what the fork stands on, and its memory is where one of a running machine goes on. */
  const freshPoint = async (instance: string, withMemory: boolean): Promise<string> => {
    const { operation } = await api.call("point.snapshot", { command: api.newCommand(), instance, withMemory });
    const ended = operation && (await untilEnded(api, operation.id));
    return ended?.point?.name ?? "last";
  };
  return (
    <VerbDialog
      verb={verb}
      instances={instances}
      title={`Fork of ${source?.name ?? ""}`}
      isWrong={fault !== undefined}
      words={[
        "fork",
        `${source?.name ?? ""}${point.value === now ? "" : `@${point.value}`}`,
        ...(wanted ? [wanted] : []),
      ]}
      send={send}
      onClose={onClose}
    >
      <Select
        label="From"
        value={point.value}
        onChange={(value) => (point.value = value)}
        choices={[
          [now, "as it is now"],
          ...there.toReversed().map((each) => [each.name, `${each.name} (${each.kind})`] as const),
        ]}
      />
      <Field
        label="Name"
        value={name.value}
        onInput={(text) => (name.value = text)}
        placeholder={`${source?.name ?? "name"}-2`}
        fault={fault}
        autofocus
      />
      <p class="muted">Takes no space at first: the disk is shared until one of them writes.</p>
    </VerbDialog>
  );
}
