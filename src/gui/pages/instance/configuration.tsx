/** What the instance is made of, to change: edit, look at the difference, apply. Each key says who set it. */
import type { InstanceView } from "../../../model/view.ts";
import { Blame } from "../../components/blame.tsx";
import { Waiting } from "../../components/empty.tsx";
import { Problem } from "../../components/problem.tsx";
import { SettingsTable } from "../../components/settings-table.tsx";
import { keyOfInstance } from "../../pure/configuration.ts";
import { useStore } from "../../store/store.ts";
import { useShown } from "../../store/use.ts";

export function Configuration({ instance }: { instance: InstanceView }) {
  const { api, settings } = useStore();
  const all = useShown(settings, async (at) => (await api.call("past.settings", { at })).settings);
  const { name, id } = instance;
  if (!all.value) return all.error ? <Problem error={all.error} /> : <Waiting what="its configuration" />;
  const rows = all.value.filter(({ key }) => keyOfInstance(key, name) !== undefined);
  return (
    <SettingsTable
      label={`Configuration of ${name}`}
      rows={rows}
      nameOf={(key) => keyOfInstance(key, name) ?? key}
      blame={({ key, value }) => <Blame historyKey={keyOfInstance(key, name) ?? key} instance={id} stamp={value} />}
    />
  );
}
