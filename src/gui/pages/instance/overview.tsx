/** Why the instance is as it is, the stage that failed, the next command, and the facts. */
import type { ComponentChildren } from "preact";
import type { InstanceView } from "../../../model/view.ts";
import { CopyButton } from "../../components/button.tsx";
import { CommandLine } from "../../components/command-line.tsx";
import { Icon } from "../../components/icon.tsx";
import { Problem } from "../../components/problem.tsx";
import { specsText } from "../../pure/specs.ts";
import { ago, clock, until } from "../../pure/when.ts";
import { useStore } from "../../store/store.ts";
import { useAnswer } from "../../store/use.ts";
import { LabelList } from "./labels.tsx";
import { Forwards, Mounts } from "./ways-in.tsx";

export function Overview({ instance }: { instance: InstanceView }) {
  return (
    <div class="cards overview">
      <Why instance={instance} />
      <Facts instance={instance} />
      <Mounts instance={instance} />
      <Forwards instance={instance} />
      <LabelList instance={instance} />
    </div>
  );
}

function Why({ instance }: { instance: InstanceView }) {
  const { api, shown } = useStore();
  const isPast = shown.isPast.value;
  const { value, error } = useAnswer(
    async () => (isPast ? undefined : api.call("instance.explain", { instance: instance.id })),
    [instance, isPast],
  );
  const { lastFailure } = instance;
  const answer = value.value;
  return (
    <section class="card wide">
      <h2>How it is</h2>
      {answer && <p class="summary">{answer.summary}</p>}
      {lastFailure && (
        <div class="problem" role="note">
          <Icon name="circle-alert" size={18} />
          <div>
            <strong>
              Failed at {lastFailure.step},{" "}
              <a href={`#/history/${lastFailure.operation}`}>operation {lastFailure.operation}</a>
            </strong>
            <p>{lastFailure.reason}</p>
            <p class="code muted">{lastFailure.code}</p>
          </div>
        </div>
      )}
      {answer?.next !== undefined && (
        <div class="next">
          <span class="muted">Next</span>
          <CommandLine line={answer.next} />
        </div>
      )}
      <Problem error={error.value} />
    </section>
  );
}

function Facts({ instance }: { instance: InstanceView }) {
  const { nowMs } = useStore();
  const { image, specs, ipv4, network, createdAt, startedAt, user, ssh, accelerator, machine, origin } = instance;
  const rows: readonly (readonly [string, ComponentChildren])[] = [
    ["image", image.title],
    ["size", specsText(specs)],
    [
      "address",
      ipv4[0] === undefined ? undefined : (
        <span class="address">
          <code>{ipv4[0]}</code>
          <CopyButton text={ipv4[0]} what="the address" />
        </span>
      ),
    ],
    ["network", `${network.name}, ${network.address}${network.isDetached ? " (detached)" : ""}`],
    ["may speak to", network.allowNet],
    ["user", user],
    ["made", `${clock(createdAt)} (${ago(createdAt, nowMs.value)})`],
    ["runs since", startedAt && `${clock(startedAt)} (${ago(startedAt, nowMs.value)})`],
    ["forked from", origin],
    ["stops", instance.stopsAt && until(instance.stopsAt, nowMs.value)],
    ["goes to the trash", instance.endsAt && until(instance.endsAt, nowMs.value)],
    ["leaves the trash", instance.expiresAt && until(instance.expiresAt, nowMs.value)],
    ["SSH", ssh && <code>{`${ssh.host}:${ssh.port}`}</code>],
    ["runs with", accelerator && `${accelerator}, ${machine ?? ""}`],
    ["id", <code>{instance.id}</code>],
  ];
  return (
    <section class="card">
      <h2>Facts</h2>
      <dl class="facts">
        {rows.map(([label, value]) =>
          value === undefined || value === "" ? null : (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ),
        )}
      </dl>
    </section>
  );
}
