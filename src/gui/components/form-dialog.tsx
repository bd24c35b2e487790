/** A dialog that asks for one change: its fields, what went wrong, the equal command, and the button that does it. */
import type { ComponentChildren } from "preact";
import { lineOf } from "../../model/shell-line.ts";
import { useSending } from "../store/use.ts";
import { Button } from "./button.tsx";
import { CommandLine } from "./command-line.tsx";
import { Dialog } from "./dialog.tsx";
import type { IconName } from "./icon-shapes.ts";
import { Problem } from "./problem.tsx";

export interface FormDialogProps {
  readonly title: string;
  /** What the button says. */
  readonly label: string;
  readonly icon: IconName;
  readonly tone?: "main" | "danger";
  /** Words behind `strata`. */
  readonly words: readonly string[];
  readonly children?: ComponentChildren;
  /** Something is missing, or wrong. */
  readonly isWrong?: boolean;
  /** Closes when it is done; what it throws is shown. */
  readonly send: () => Promise<void>;
  readonly onClose: () => void;
}

export function FormDialog(props: FormDialogProps) {
  const { title, label, icon, tone = "main", words, children, isWrong = false, send, onClose } = props;
  const sending = useSending();
  const submit = () => {
    if (isWrong) return;
    void sending.send(async () => {
      await send();
      onClose();
    });
  };
  const footer = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button tone={tone} icon={icon} type="submit" isBusy={sending.isBusy.value} disabled={isWrong}>
        {label}
      </Button>
    </>
  );
  return (
    <Dialog title={title} onClose={onClose} onSubmit={submit} footer={footer}>
      {children}
      <Problem error={sending.error.value} />
      <CommandLine line={lineOf(["strata", ...words])} />
    </Dialog>
  );
}
