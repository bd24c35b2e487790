/** What the instance is made of, to change: edit, look at the difference, apply. Each key says who set it. */
import type { InstanceView } from "../../../model/view.ts";
import { Blame } from "../../components/blame.tsx";
import { Waiting } from "../../components/empty.tsx";
import { Problem } from "../../components/problem.tsx";
import { SettingsTable } from "../../components/settings-table.tsx";
import { keyOfInstance } from "../../pure/configuration.ts";
import { useStore } from "../../store/store.ts";
import { useResource } from "../../store/use.ts";

export function Configuration({ instance }: { instance: InstanceView }) {
  const { settings } = useStore();
  const all = useResource(settings);
  const { name, id } = instance;
  if (!all)
    return settings.error.value ? <Problem error={settings.error.value} /> : <Waiting what="its configuration" />;
  const rows = all.filter(({ key }) => keyOfInstance(key, name) !== undefined);
  return (
    <SettingsTable
      label={`Configuration of ${name}`}
      rows={rows}
      nameOf={(key) => keyOfInstance(key, name) ?? key}
      blame={({ key, value }) => <Blame historyKey={keyOfInstance(key, name) ?? key} instance={id} stamp={value} />}
    />
  );
}
