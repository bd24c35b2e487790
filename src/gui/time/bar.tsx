/** The time bar: which moment the page shows. */
import { clock } from "../pure/when.ts";
import { useStore } from "../store/store.ts";

export function TimeBar() {
  const { shown } = useStore();
  const moment = shown.moment.value;
  return <div class="time-bar">{moment ? `as of ${clock(moment.asOf.time)}` : "now"}</div>;
}
