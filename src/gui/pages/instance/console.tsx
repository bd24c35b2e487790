/** What the machine prints on its serial console, from the beginning that is kept, and on. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { InstanceView } from "../../../model/view.ts";
import { Button } from "../../components/button.tsx";
import { CommandLine } from "../../components/command-line.tsx";
import { Problem } from "../../components/problem.tsx";
import { bytesOf, plainText } from "../../pure/console-text.ts";
import { useStore } from "../../store/store.ts";

/** Of the end, in the document. */
const charactersMax = 200_000;

export function Console({ instance }: { instance: InstanceView }) {
  const { api, line } = useStore();
  const text = useSignal("");
  const error = useSignal<unknown>(undefined);
  const isFollowing = useSignal(true);
  const place = useRef<HTMLPreElement>(null);

  useEffect(() => {
    const ending = new AbortController();
    const decoder = new TextDecoder();
    const listen = async () => {
      const input = { instance: instance.id, follow: instance.power === "running" };
      text.value = "";
      error.value = undefined;
      for await (const { base64 } of api.stream("instance.console", input, ending.signal))
        text.value = (text.value + plainText(decoder.decode(bytesOf(base64), { stream: true }))).slice(-charactersMax);
    };
    listen().catch((reason: unknown) => {
      if (!ending.signal.aborted) error.value = reason;
    });
    return () => ending.abort();
  }, [instance.id, instance.power, line.lives.value]);
  useEffect(() => {
    if (isFollowing.value && place.current) place.current.scrollTop = place.current.scrollHeight;
  }, [text.value, isFollowing.value]);
  return (
    <div class="console">
      <div class="toolbar">
        <CommandLine line={`strata console ${instance.name} --follow`} />
        <Button isPressed={isFollowing.value} onClick={() => (isFollowing.value = !isFollowing.value)}>
          Follow
        </Button>
      </div>
      <Problem error={error.value} />
      <pre ref={place} tabIndex={0} role="log" aria-label={`Console of ${instance.name}`}>
        {text.value === "" ? "Nothing was printed yet." : text.value}
      </pre>
    </div>
  );
}
