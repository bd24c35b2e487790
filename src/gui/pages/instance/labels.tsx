/** The labels of an instance, each with how to take it away. */
import type { InstanceView } from "../../../model/view.ts";
import { Button } from "../../components/button.tsx";
import { Problem } from "../../components/problem.tsx";
import { useStore } from "../../store/store.ts";
import { useSending } from "../../store/use.ts";
import { Ways } from "./ways-in.tsx";

export function LabelList({ instance }: { instance: InstanceView }) {
  const { api, accepted, whyFixed } = useStore();
  const { send, error, isBusy } = useSending();
  const { name, labels = {} } = instance;
  const remove = (label: string) =>
    void send(async () => {
      const input = { command: api.newCommand(), key: `local.${name}.label.${label}`, value: "" };
      accepted(await api.call("settings.set", input), `take label ${label} away`);
    });
  return (
    <Ways title="Labels" verb="label" instance={instance} none="It has none.">
      {Object.entries(labels).map(([label, value]) => (
        <li key={label}>
          <span class="way">
            <span class="label">
              {label}={value}
            </span>
          </span>
          {whyFixed.value === undefined && (
            <Button
              tone="quiet"
              icon="x"
              label={`Take label ${label} away`}
              isBusy={isBusy.value}
              onClick={() => remove(label)}
            />
          )}
        </li>
      ))}
      <Problem error={error.value} />
    </Ways>
  );
}
