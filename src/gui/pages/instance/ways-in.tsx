/** Folders and ports of this machine that lead into an instance, with their health. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { InstanceView } from "../../../model/view.ts";
import { Button } from "../../components/button.tsx";
import { Icon } from "../../components/icon.tsx";
import { verbs } from "../../pure/verbs.ts";
import { useStore } from "../../store/store.ts";
import { useSending } from "../../store/use.ts";
import { Problem } from "../../components/problem.tsx";
import { UnmountDialog } from "./unmount-dialog.tsx";

export function Mounts({ instance }: { instance: InstanceView }) {
  const { whyFixed } = useStore();
  const removed = useSignal<string | undefined>(undefined);
  return (
    <Ways title="Mounts" verb="mount" instance={instance} none="No folder of this machine is seen in it.">
      {instance.mounts?.map(({ source, target, type, readOnly, state, degraded }) => (
        <li key={target}>
          <span class={`mark tone-${state === "active" ? "ok" : state === "waiting" ? "quiet" : "bad"}`}>
            <Icon
              name={state === "active" ? "circle-check" : state === "waiting" ? "clock" : "triangle-alert"}
              size={15}
            />
            <span>{state}</span>
          </span>
          <span class="way">
            <code>{source}</code> → <code>{target}</code>{" "}
            <span class="muted">
              {type}
              {readOnly && ", read only"}
            </span>
            {degraded && <small class="bad-text">{degraded.reason}</small>}
          </span>
          {whyFixed.value === undefined && (
            <Button tone="quiet" icon="x" label={`Unmount ${target}`} onClick={() => (removed.value = target)} />
          )}
        </li>
      ))}
      {removed.value !== undefined && (
        <UnmountDialog instance={instance} target={removed.value} onClose={() => (removed.value = undefined)} />
      )}
    </Ways>
  );
}

export function Forwards({ instance }: { instance: InstanceView }) {
  const { api, accepted, whyFixed } = useStore();
  const { send, error, isBusy } = useSending();
  type Port = NonNullable<InstanceView["forwards"]>[number];
  const remove = ({ protocol, bind, host }: Port) =>
    void send(async () => {
      const input = { command: api.newCommand(), instance: instance.id, protocol, bind, host };
      accepted(await api.call("forward.remove", input), `close port ${host}`);
    });
  return (
    <Ways title="Ports" verb="forward" instance={instance} none="No port of this machine leads into it.">
      {instance.forwards?.map((port) => (
        <li key={`${port.bind}:${port.host}/${port.protocol}`}>
          <span class={`mark tone-${port.failure ? "bad" : "ok"}`}>
            <Icon name={port.failure ? "triangle-alert" : "link"} size={15} />
            <span>{port.failure ? "not open" : port.protocol}</span>
          </span>
          <span class="way">
            <code>
              {port.bind}:{port.host}
            </code>{" "}
            → <code>{port.guest}</code>
            {port.failure && <small class="bad-text">{port.failure.reason}</small>}
          </span>
          {whyFixed.value === undefined && (
            <Button
              tone="quiet"
              icon="x"
              label={`Close port ${port.host}`}
              isBusy={isBusy.value}
              onClick={() => remove(port)}
            />
          )}
        </li>
      ))}
      <Problem error={error.value} />
    </Ways>
  );
}

interface WaysProps {
  readonly title: string;
  readonly verb: keyof typeof listOf;
  readonly instance: InstanceView;
  readonly none: string;
  readonly children: ComponentChildren;
}

const listOf = {
  mount: ({ mounts }: InstanceView) => mounts,
  forward: ({ forwards }: InstanceView) => forwards,
  label: ({ labels }: InstanceView) => labels && Object.keys(labels),
};

export function Ways({ title, verb: name, instance, none, children }: WaysProps) {
  const { verbs: actions, whyFixed } = useStore();
  const verb = verbs.find((each) => each.name === name);
  const isEmpty = (listOf[name](instance)?.length ?? 0) === 0;
  return (
    <section class="card">
      <header>
        <h2>{title}</h2>
        {verb?.fits(instance) && whyFixed.value === undefined && (
          <Button tone="quiet" icon="plus" label={verb.label} onClick={() => actions.run(verb, [instance])} />
        )}
      </header>
      {isEmpty && <p class="muted">{none}</p>}
      <ul class="ways">{children}</ul>
    </section>
  );
}
