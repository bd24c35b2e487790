/** One instance: what it is, how it goes, and everything about it in tabs. */
import { useEffect } from "preact/hooks";
import type { InstanceView } from "../../../model/view.ts";
import { Button } from "../../components/button.tsx";
import { Empty, Waiting } from "../../components/empty.tsx";
import { PageHead } from "../../components/page-head.tsx";
import { HealthMark, PowerMark } from "../../components/state-mark.tsx";
import { type TabItem, Tabs } from "../../components/tabs.tsx";
import type { Tab } from "../../pure/route.ts";
import { verbs } from "../../pure/verbs.ts";
import { useStore } from "../../store/store.ts";
import { FromThePast } from "../../time/from-the-past.tsx";
import { Timeline } from "../../time/timeline.tsx";
import { keyOnInstance } from "../../verbs/keys.ts";
import { VerbMenu } from "../../verbs/menu.tsx";
import { Configuration } from "./configuration.tsx";
import { Console } from "./console.tsx";
import { DiskLayers } from "./disk.tsx";
import { InstanceHistory } from "./history.tsx";
import { Metrics } from "./metrics.tsx";
import { Overview } from "./overview.tsx";
import { Terminal } from "./terminal.tsx";

const tabItems: readonly TabItem<Tab>[] = [
  { name: "overview", label: "Overview", icon: "eye" },
  { name: "timeline", label: "Timeline", icon: "git-branch" },
  { name: "terminal", label: "Terminal", icon: "terminal" },
  { name: "metrics", label: "Metrics", icon: "chart-line" },
  { name: "configuration", label: "Configuration", icon: "settings" },
  { name: "disk", label: "Disk", icon: "layers" },
  { name: "history", label: "History", icon: "history" },
  { name: "console", label: "Console", icon: "monitor" },
];

export function InstancePage({ name, tab }: { name: string; tab: Tab }) {
  const store = useStore();
  const { shown, instances, router, keys } = store;
  const instance = shown.instances.value.find((each) => each.name === name || each.id === name);
  useEffect(() => {
    if (!instance) return undefined;
    const own = ["s", "p", "t", "h"] as const;
    for (const key of own) keys.set(key, () => keyOnInstance(store, key, instance));
    return () => own.forEach((key) => keys.delete(key));
  }, [instance]);
  if (!instance) return instances.isLoaded.value || shown.isPast.value ? <Gone name={name} /> : <Waiting what={name} />;
  const go = (next: Tab) => router.go({ page: "instance", name, tab: next });
  return (
    <>
      <Head instance={instance} />
      <Tabs label={`About ${instance.name}`} items={tabItems} chosen={tab} onChoose={go} />
      <section id="panel" role="tabpanel" aria-labelledby={`tab-${tab}`} class={`panel panel-${tab}`}>
        <Panel tab={tab} instance={instance} />
      </section>
    </>
  );
}

function Panel({ tab, instance }: { tab: Tab; instance: InstanceView }) {
  switch (tab) {
    case "overview":
      return <Overview instance={instance} />;
    case "timeline":
      return <Timeline instance={instance} />;
    case "terminal":
      return <Terminal key={instance.id} instance={instance} />;
    case "metrics":
      return <Metrics instance={instance} />;
    case "configuration":
      return <Configuration key={instance.id} instance={instance} />;
    case "disk":
      return <DiskLayers instance={instance} />;
    case "history":
      return <InstanceHistory instance={instance} />;
    case "console":
      return <Console key={instance.id} instance={instance} />;
  }
}

const headVerbs = ["recover", "start", "stop", "snapshot", "fork"] as const;

function Head({ instance }: { instance: InstanceView }) {
  const { verbs: actions, whyFixed } = useStore();
  const shown = headVerbs.flatMap((name) => verbs.find((verb) => verb.name === name && verb.fits(instance)) ?? []);
  return (
    <PageHead
      title={
        <span class="instance-title">
          <a href="#/instances" class="muted">
            Instances
          </a>
          <span class="muted" aria-hidden="true">
            /
          </span>
          {instance.name}
          <PowerMark instance={instance} />
          <HealthMark instance={instance} />
        </span>
      }
    >
      <FromThePast instance={instance} />
      {whyFixed.value === undefined && (
        <>
          {shown.map((verb) => (
            <Button
              key={verb.name}
              icon={verb.icon}
              tone={verb.name === "start" || verb.name === "recover" ? "main" : "plain"}
              title={verb.about}
              disabled={instance.operation !== undefined && !verb.asks}
              onClick={() => actions.run(verb, [instance])}
            >
              {verb.label}
            </Button>
          ))}
          <VerbMenu instance={instance} text="More" />
        </>
      )}
    </PageHead>
  );
}

function Gone({ name }: { name: string }) {
  return (
    <>
      <PageHead title={name} />
      <Empty icon="server" title={`There is no instance called ${name}`}>
        <p>It was purged or renamed, or has not been made yet. What was done with it is in the history.</p>
        <p>
          <a href="#/history">History</a> · <a href="#/instances">Instances</a>
        </p>
      </Empty>
    </>
  );
}
