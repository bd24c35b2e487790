/** What went wrong, whole: what, why, and the next command to copy. */
import { UserError, messageOf } from "../../errors.ts";
import { CopyButton } from "./button.tsx";
import { Icon } from "./icon.tsx";

const isLine = (text: string): boolean => /^(?:sudo )?strata(?:\s|$)/.test(text);

export function Problem({ error, title }: { error: unknown; title?: string }) {
  if (error === undefined) return null;
  const known = error instanceof UserError ? error : undefined;
  return (
    <div class="problem" role="alert">
      <Icon name="circle-alert" size={18} />
      <div>
        {title !== undefined && <strong>{title}</strong>}
        <p>{messageOf(error)}</p>
        {known?.hints.map(([label, text]) => (
          <p class="hint">
            <span class="hint-label">{label}</span>
            {isLine(text) ? <code>{text}</code> : <span>{text}</span>}
            {isLine(text) && <CopyButton text={text} what="the command" />}
          </p>
        ))}
        {known && <p class="code muted">{known.code}</p>}
      </div>
    </div>
  );
}
