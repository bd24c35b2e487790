/** Settings that can be edited: what was typed stands beside what is there, as a difference, until it is applied. */
import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { type Edit, editsOf, linesOf } from "../pure/configuration.ts";
import { useStore } from "../store/store.ts";
import { Button } from "./button.tsx";
import { CommandLine } from "./command-line.tsx";
import { Problem } from "./problem.tsx";

export interface SettingRow {
  readonly key: string;
  readonly value: string;
  readonly default: string;
  readonly about: string;
}

export interface SettingsTableProps {
  readonly label: string;
  readonly rows: readonly SettingRow[];
  /** What the key is called here. */
  readonly nameOf?: (key: string) => string;
  readonly blame: (row: SettingRow) => ComponentChildren;
  /** How a key is changed that is no text to type; undefined: it is one. */
  readonly control?: (row: SettingRow) => ComponentChildren | undefined;
}

export function SettingsTable({ label, rows, nameOf = (key) => key, blame, control }: SettingsTableProps) {
  const typed = useSignal<Readonly<Record<string, string>>>({});
  const { whyFixed } = useStore();
  const edits = editsOf(rows, typed.value);
  return (
    <>
      <table class="table settings">
        <caption class="unseen">{label}</caption>
        <thead>
          <tr>
            <th scope="col">Key</th>
            <th scope="col">Value</th>
            <th scope="col">Set by</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key} class={edits.some(({ key }) => key === row.key) ? "edited" : ""}>
              <th scope="row">
                <code>{nameOf(row.key)}</code>
                <small class="muted">{row.about}</small>
              </th>
              <td>
                {control?.(row) ?? (
                  <input
                    aria-label={nameOf(row.key)}
                    value={typed.value[row.key] ?? row.value}
                    placeholder={row.default || "nothing"}
                    disabled={whyFixed.value !== undefined}
                    spellcheck={false}
                    onInput={(event) => (typed.value = { ...typed.peek(), [row.key]: event.currentTarget.value })}
                  />
                )}
              </td>
              <td class="muted">{blame(row)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {edits.length > 0 && <Difference edits={edits} typed={typed} nameOf={nameOf} />}
    </>
  );
}

interface DifferenceProps {
  readonly edits: readonly Edit[];
  readonly typed: Signal<Readonly<Record<string, string>>>;
  readonly nameOf: (key: string) => string;
}

function Difference({ edits, typed, nameOf }: DifferenceProps) {
  const { api, accepted } = useStore();
  const failures = useSignal<Readonly<Record<string, unknown>>>({});
  const isBusy = useSignal(false);
  const apply = async () => {
    isBusy.value = true;
    failures.value = {};
    // One after the other: what one key allows may depend on another.
    for (const { key, after } of edits) {
      try {
        accepted(await api.call("settings.set", { command: api.newCommand(), key, value: after }), `set ${key}`);
        typed.value = without(typed.peek(), key);
      } catch (error) {
        failures.value = { ...failures.peek(), [key]: error };
      }
    }
    isBusy.value = false;
  };
  return (
    <section class="difference" aria-label="What would change">
      <h2>
        {edits.length} {edits.length === 1 ? "change" : "changes"}
      </h2>
      <ul>
        {edits.map(({ key, before, after }) => (
          <li key={key}>
            <code>{nameOf(key)}</code> <del>{before || "nothing"}</del> <ins>{after || "nothing"}</ins>
            <Problem error={failures.value[key]} />
          </li>
        ))}
      </ul>
      {linesOf(edits).map((line) => (
        <CommandLine key={line} line={line} />
      ))}
      <div class="difference-actions">
        <Button onClick={() => (typed.value = {})}>Leave it as it is</Button>
        <Button tone="main" icon="check" isBusy={isBusy.value} onClick={() => void apply()}>
          Apply
        </Button>
      </div>
    </section>
  );
}

const without = (typed: Readonly<Record<string, string>>, key: string): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(typed).filter(([each]) => each !== key));
