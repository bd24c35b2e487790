/** Keys of a configuration that are different, before and after. */
import type { Difference } from "../../model/differences.ts";

export function Differences({ rows }: { rows: readonly Difference[] }) {
  if (rows.length === 0) return <p class="muted">The configuration stays the same.</p>;
  return (
    <dl class="difference">
      {rows.map(({ key, before, after }) => (
        <>
          <dt>{key}</dt>
          <dd>
            <del>{before}</del> → <ins>{after}</ins>
          </dd>
        </>
      ))}
    </dl>
  );
}
