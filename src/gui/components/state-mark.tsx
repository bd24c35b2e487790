/** Power and health of an instance: icon, word and colour. */
import type { InstanceView } from "../../model/view.ts";
import { healthMark, type Mark, powerMark } from "../pure/state.ts";
import { Icon } from "./icon.tsx";

export function StateMark({ mark }: { mark: Mark }) {
  return (
    <span class={`mark tone-${mark.tone}`}>
      <Icon name={mark.icon} size={15} turns={mark.tone === "busy"} />
      <span>{mark.word}</span>
    </span>
  );
}

export const PowerMark = ({ instance }: { instance: InstanceView }) => <StateMark mark={powerMark(instance)} />;

export function HealthMark({ instance }: { instance: InstanceView }) {
  const mark = healthMark(instance);
  return mark ? <StateMark mark={mark} /> : <span class="muted">–</span>;
}
