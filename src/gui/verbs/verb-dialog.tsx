/** What the dialogs of verbs share: a form, the equal command, what went wrong, and one button that does it. */
import type { ComponentChildren } from "preact";
import type { Accepted } from "../../api/contract.ts";
import type { InstanceView } from "../../model/view.ts";
import { Button } from "../components/button.tsx";
import { CommandLine } from "../components/command-line.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Problem } from "../components/problem.tsx";
import { lineOf } from "../../model/shell-line.ts";
import type { Verb } from "../pure/verbs.ts";
import { useStore } from "../store/store.ts";
import { useSending } from "../store/use.ts";

export interface VerbDialogBodyProps {
  readonly verb: Verb;
  readonly instances: readonly InstanceView[];
  readonly title: string;
  /** Words behind `strata`. */
  readonly words: readonly string[];
  readonly children?: ComponentChildren;
  /** Something that was typed is wrong. */
  readonly isWrong?: boolean;
  readonly send: (instance: InstanceView) => Promise<Accepted>;
  readonly onClose: () => void;
}

export function VerbDialog(props: VerbDialogBodyProps) {
  const { verb, instances, title, words, children, isWrong = false, send, onClose } = props;
  const { verbs, accepted } = useStore();
  const sending = useSending();
  const submit = () => {
    if (isWrong) return;
    const [only] = instances;
    if (instances.length > 1) {
      void verbs.sendMany(verb, instances, send);
      onClose();
    } else if (only) {
      void sending.send(async () => {
        accepted(await send(only), `${verb.label} ${only.name}`);
        onClose();
      });
    }
  };
  const footer = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button
        tone={verb.isFinal ? "danger" : "main"}
        icon={verb.icon}
        type="submit"
        isBusy={sending.isBusy.value}
        disabled={isWrong}
      >
        {verb.label}
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

/** `web`, `web and db`, `web, db and 3 more` */
export function namesOf(instances: readonly InstanceView[]): string {
  const names = instances.map(({ name }) => name);
  if (names.length <= 2) return names.join(" and ");
  return `${names.slice(0, 2).join(", ")} and ${names.length - 2} more`;
}

/** What a parser says of a text; undefined: nothing is wrong with it, or nothing was typed. */
export function faultOf(text: string, parse: (text: string) => unknown): string | undefined {
  if (text.trim() === "") return undefined;
  try {
    parse(text.trim());
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
