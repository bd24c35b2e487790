/** A field of a form: its name, what it takes, and what is wrong with it. */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

export interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly placeholder?: string | undefined;
  readonly help?: ComponentChildren;
  readonly fault?: string | undefined;
  readonly choices?: readonly string[] | undefined;
  readonly lines?: number;
  readonly autofocus?: boolean;
  readonly inputMode?: "numeric" | "text";
  /** It is not shown, and no browser keeps it. */
  readonly isSecret?: boolean;
}

export function Field({ label, value, onInput, help, fault, choices, lines, ...rest }: FieldProps) {
  const id = useId();
  const common = {
    id,
    value,
    placeholder: rest.placeholder,
    autofocus: rest.autofocus,
    spellcheck: false,
    "aria-invalid": fault !== undefined,
    "aria-describedby": `${id}-help`,
    onInput: (event: Event) => onInput((event.currentTarget as HTMLInputElement).value),
  };
  return (
    <div class={fault === undefined ? "field" : "field wrong"}>
      <label for={id}>{label}</label>
      {lines === undefined ? (
        rest.isSecret ? (
          <input {...common} type="password" autocomplete="new-password" />
        ) : (
          <input {...common} autocomplete="off" inputMode={rest.inputMode} list={choices && `${id}-choices`} />
        )
      ) : (
        <textarea {...common} rows={lines} />
      )}
      {choices && (
        <datalist id={`${id}-choices`}>
          {choices.map((choice) => (
            <option value={choice} />
          ))}
        </datalist>
      )}
      <p id={`${id}-help`} class="field-help">
        {fault ?? help}
      </p>
    </div>
  );
}

export interface FileFieldProps {
  readonly label: string;
  readonly help: string;
  readonly fault?: string | undefined;
  readonly onChoose: (file: File | undefined) => void;
}

export function FileField({ label, help, fault, onChoose }: FileFieldProps) {
  const id = useId();
  return (
    <div class={fault === undefined ? "field" : "field wrong"}>
      <label for={id}>{label}</label>
      <input
        id={id}
        type="file"
        aria-describedby={`${id}-help`}
        onChange={(event) => onChoose(event.currentTarget.files?.[0])}
      />
      <p id={`${id}-help`} class="field-help">
        {fault ?? help}
      </p>
    </div>
  );
}

export interface SelectProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly choices: readonly (readonly [value: string, label: string])[];
  /** The name is for those who listen only. */
  readonly isBare?: boolean;
}

export function Select({ label, value, onChange, choices, isBare = false }: SelectProps) {
  const id = useId();
  const select = (
    <select
      id={id}
      value={value}
      aria-label={isBare ? label : undefined}
      onChange={(event) => onChange(event.currentTarget.value)}
    >
      {choices.map(([choice, name]) => (
        <option value={choice}>{name}</option>
      ))}
    </select>
  );
  if (isBare) return select;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {select}
    </div>
  );
}

export function Check({
  label,
  checked,
  onChange,
  help,
}: {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  help?: string;
}) {
  return (
    <label class="check">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span>
        {label}
        {help !== undefined && <small>{help}</small>}
      </span>
    </label>
  );
}
