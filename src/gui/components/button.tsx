/** Buttons: one look for what is done, and a small one that copies a text. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { Icon } from "./icon.tsx";
import type { IconName } from "./icon-shapes.ts";

export interface ButtonProps {
  readonly children?: ComponentChildren;
  readonly icon?: IconName | undefined;
  readonly tone?: "plain" | "main" | "danger" | "quiet";
  /** Its name where it shows an icon alone. */
  readonly label?: string | undefined;
  readonly title?: string | undefined;
  readonly disabled?: boolean | undefined;
  readonly isBusy?: boolean | undefined;
  readonly isPressed?: boolean;
  readonly type?: "button" | "submit";
  readonly autofocus?: boolean;
  readonly onClick?: (event: MouseEvent) => void;
}

export function Button(props: ButtonProps) {
  const { children, icon, tone = "plain", label, title, disabled, isBusy, isPressed, type = "button", onClick } = props;
  return (
    <button
      type={type}
      class={`button ${tone}${children === undefined ? " only-icon" : ""}`}
      aria-label={label}
      title={title ?? label}
      disabled={disabled || isBusy}
      aria-busy={isBusy}
      aria-pressed={isPressed}
      autofocus={props.autofocus}
      onClick={onClick}
    >
      {isBusy ? <Icon name="loader-circle" turns /> : icon && <Icon name={icon} />}
      {children !== undefined && <span>{children}</span>}
    </button>
  );
}

const copiedMs = 1_500;

/** Copies `text`; says so for a moment. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const isCopied = useSignal(false);
  const copy = async (event: MouseEvent) => {
    event.stopPropagation();
    await navigator.clipboard.writeText(text).catch(() => undefined);
    isCopied.value = true;
    setTimeout(() => (isCopied.value = false), copiedMs);
  };
  return (
    <button type="button" class="copy" aria-label={`Copy ${what}`} title={`Copy ${what}`} onClick={copy}>
      <Icon name={isCopied.value ? "check" : "copy"} size={14} />
      {isCopied.value && <span role="status">copied</span>}
    </button>
  );
}
