/** What became of a verb that was asked for several: a line for each. */
import { Button } from "../../components/button.tsx";
import { Problem } from "../../components/problem.tsx";
import { ResultMark } from "../../components/result-mark.tsx";
import type { BulkItem } from "../../store/actions.ts";
import { useStore } from "../../store/store.ts";

export function BulkOutcomes() {
  const { verbs, operations } = useStore();
  const bulk = verbs.bulk.value;
  if (!bulk) return null;
  const resultOf = ({ operation, note, error }: BulkItem): string => {
    if (error !== undefined) return "refused";
    if (note !== undefined) return note;
    if (operation === undefined) return "pending";
    return operations.rows.value.find((row) => row.operation === operation)?.result ?? "pending";
  };
  const results = bulk.items.map((item) => ({ item, result: resultOf(item) }));
  const done = results.filter(({ result }) => result !== "pending").length;
  return (
    <section class="bulk-outcomes" aria-label="Outcomes" aria-live="polite">
      <header>
        <h2>
          {bulk.verb.label}: {done} of {results.length} ended
        </h2>
        <Button tone="quiet" icon="x" label="Close the outcomes" onClick={() => (verbs.bulk.value = undefined)} />
      </header>
      <ul>
        {results.map(({ item, result }) => (
          <li key={item.name}>
            <strong>{item.name}</strong>
            <ResultMark result={result} />
            <Problem error={item.error} />
          </li>
        ))}
      </ul>
    </section>
  );
}
