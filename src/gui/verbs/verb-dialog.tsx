/** What the dialogs of verbs share: one change, of one instance or of many. */
import type { ComponentChildren } from "preact";
import type { Accepted } from "../../api/contract.ts";
import type { InstanceView } from "../../model/view.ts";
import { FormDialog } from "../components/form-dialog.tsx";
import type { Verb } from "../pure/verbs.ts";
import { useStore } from "../store/store.ts";

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

export function VerbDialog({ verb, instances, send, ...form }: VerbDialogBodyProps) {
  const { verbs, accepted } = useStore();
  const sendAll = async () => {
    const [only] = instances;
    if (instances.length > 1) void verbs.sendMany(verb, instances, send);
    else if (only) accepted(await send(only), `${verb.label} ${only.name}`);
  };
  return (
    <FormDialog {...form} label={verb.label} icon={verb.icon} tone={verb.isFinal ? "danger" : "main"} send={sendAll} />
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
