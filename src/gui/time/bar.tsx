/** The time bar: the operations of the daemon's life, and which moment the page shows. */
import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { Button } from "../components/button.tsx";
import { Select } from "../components/field.tsx";
import { placeIn, spanOf, type SpanName, tickAt } from "../pure/time-axis.ts";
import { clock } from "../pure/when.ts";
import { useStore } from "../store/store.ts";
import { PointMarks, Ticks } from "./marks.tsx";

const spanChoices = [
  ["hour", "1 hour"],
  ["day", "1 day"],
  ["all", "all"],
] as const;

export function TimeBar() {
  const { time, operations, nowMs, line } = useStore();
  const spanName = useSignal<SpanName>("all");
  // Each operation that ends is a new place to go to. All of them are more than what the page opens with.
  useSignalEffect(() => {
    if (line.lives.value > 0) time.refresh(operations.rows.value).catch(() => undefined);
  });
  const span = useComputed(() => spanOf(spanName.value, time.ticks.value, nowMs.value));
  const chosen = useComputed(() => time.ticks.value.find(({ operation }) => operation === time.operation.value));

  const goTo = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const tick = tickAt(time.ticks.peek(), span.peek(), (event.clientX - box.left) / box.width);
    if (tick?.operation !== time.operation.peek()) void time.visit(tick?.operation);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key] as -1 | 1 | undefined;
    if (event.key === "End") void time.visit(undefined);
    else if (event.key === "Home") void time.visit(time.ticks.peek()[0]?.operation);
    else if (direction) void time.step(direction);
    else return;
    event.preventDefault();
  };
  const place = chosen.value ? Math.max(0, placeIn(span.value, chosen.value.atMs)) : 1;
  return (
    <div class="time-bar" role="group" aria-label="Time">
      <Button tone="quiet" icon="arrow-left" label="One operation back ([)" onClick={() => void time.step(-1)} />
      <div
        class="time-track"
        role="slider"
        tabIndex={0}
        aria-label="The moment that is shown"
        aria-valuemin={0}
        aria-valuemax={time.ticks.value.length}
        aria-valuenow={chosen.value ? time.ticks.value.indexOf(chosen.value) : time.ticks.value.length}
        aria-valuetext={useMomentWords()}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          goTo(event);
        }}
        onPointerMove={(event) => event.currentTarget.hasPointerCapture(event.pointerId) && goTo(event)}
        onKeyDown={onKeyDown}
      >
        <Ticks ticks={time.ticks.value} span={span.value} />
        <PointMarks span={span.value} />
        <span class="time-here" style={{ left: `${place * 100}%` }} />
      </div>
      <Button
        tone="quiet"
        icon="arrow-right"
        label="One operation on (])"
        disabled={time.operation.value === undefined}
        onClick={() => void time.step(1)}
      />
      <Select
        label="How much time the bar shows"
        isBare
        value={spanName.value}
        choices={spanChoices}
        onChange={(value) => (spanName.value = value as SpanName)}
      />
    </div>
  );
}

/** `now`, or `as of 2026-11-28 14:02:11, after operation 7`. */
function useMomentWords(): string {
  const { shown } = useStore();
  const { asOf } = shown.moment.value ?? {};
  return asOf ? `as of ${clock(asOf.time)}, after operation ${asOf.operation ?? "none"}` : "now";
}

/** Says above the page that it shows the past, and what can be done from there. */
export function PastNotice() {
  const { shown, plan, time } = useStore();
  const moment = shown.moment.value;
  const words = useMomentWords();
  if (!moment) return null;
  return (
    <div class="notice past-notice" role="status">
      <p>
        <strong>This is the past</strong>, {words}. Nothing can be changed here, but it can be brought back.
      </p>
      <Button icon="history" onClick={() => (plan.value = { kind: "rollback", at: moment.at })}>
        Bring everything back…
      </Button>
      <Button tone="main" icon="arrow-right" onClick={() => void time.visit(undefined)}>
        Back to now
      </Button>
    </div>
  );
}
