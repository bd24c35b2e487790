/** The terminal's own part of the program, which is most of it: brought when the first terminal is opened. */
import { useSignal } from "@preact/signals";
import type { FunctionComponent } from "preact";
import { useEffect } from "preact/hooks";
import { Waiting } from "../components/empty.tsx";
import { Problem } from "../components/problem.tsx";
import type { ShellProps } from "./shell.tsx";

export function LazyShell(props: ShellProps) {
  const part = useSignal<{ readonly Shell: FunctionComponent<ShellProps> } | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  useEffect(() => {
    import("./shell.tsx").then(
      (module) => (part.value = module),
      (reason: unknown) => (error.value = reason),
    );
  }, []);
  if (error.value !== undefined) return <Problem error={error.value} />;
  if (!part.value) return <Waiting what="the terminal" />;
  const { Shell } = part.value;
  return <Shell {...props} />;
}
