/** How an operation ended: icon, word and colour. */
import type { IconName } from "./icon-shapes.ts";
import { Icon } from "./icon.tsx";

const looks: Readonly<Record<string, { icon: IconName; tone: string }>> = {
  ok: { icon: "circle-check", tone: "ok" },
  pending: { icon: "loader-circle", tone: "busy" },
  failed: { icon: "circle-x", tone: "bad" },
  timeout: { icon: "hourglass", tone: "bad" },
  cancelled: { icon: "ban", tone: "warn" },
  refused: { icon: "lock", tone: "warn" },
};

export function ResultMark({ result }: { result: string }) {
  const { icon, tone } = looks[result] ?? { icon: "circle" as const, tone: "quiet" };
  return (
    <span class={`mark tone-${tone}`}>
      <Icon name={icon} size={15} turns={result === "pending"} />
      <span>{result}</span>
    </span>
  );
}
