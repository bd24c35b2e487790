/** What is different between two points: configuration out of the log, files out of the disks; no machine is started. */
import { useSignal } from "@preact/signals";
import type { FileDifference } from "../../model/past-files.ts";
import { differences } from "../../model/differences.ts";
import type { InstanceView } from "../../model/view.ts";
import { Waiting } from "../components/empty.tsx";
import { Problem } from "../components/problem.tsx";
import type { Api } from "../api/client.ts";
import { useStore } from "../store/store.ts";
import { useAnswer } from "../store/use.ts";
import { Differences } from "./differences.tsx";

/** Paths that are shown; more would be no help. */
const pathsMax = 500;

export function Compare({ instance, names }: { instance: InstanceView; names: readonly string[] }) {
  const [before, after] = names;
  if (before === undefined || after === undefined) return null;
  return <Compared key={names.join(" ")} instance={instance} before={before} after={after} />;
}

interface ComparedProps {
  readonly instance: InstanceView;
  readonly before: string;
  readonly after: string;
}

function Compared({ instance, before, after }: ComparedProps) {
  const { api } = useStore();
  const isCut = useSignal(false);
  const rows = useAnswer(async () => {
    const [one, other] = await Promise.all([before, after].map((name) => viewAt(api, instance.id, name)));
    return one && other ? differences(one, other) : [];
  }, [before, after]);
  const files = useAnswer(
    async (signal) => {
      const found: FileDifference[] = [];
      for await (const each of api.stream("point.changes", { instance: instance.id, before, after }, signal)) {
        isCut.value = found.length >= pathsMax || each.change === "cut";
        if (isCut.value) break;
        found.push(each);
      }
      return found;
    },
    [before, after],
  );
  return (
    <section aria-label={`From ${before} to ${after}`} class="plan">
      <h2>
        From {before} to {after}
      </h2>
      <Problem error={rows.error.value} />
      {rows.value.value && <Differences rows={rows.value.value} />}
      <h3>Files</h3>
      <Problem error={files.error.value} />
      {files.value.value === undefined && files.error.value === undefined && <Waiting what="the files of both" />}
      {files.value.value?.length === 0 && <p class="muted">The files are the same.</p>}
      <ul class="paths">
        {files.value.value?.map(
          (each) =>
            each.change !== "cut" && (
              <li key={each.path}>
                <code>
                  {each.change} {each.path}
                </code>
              </li>
            ),
        )}
      </ul>
      {isCut.value && <p class="muted">There are more: strata diff --files tells all.</p>}
    </section>
  );
}

/** The instance as it was when the point was made. */
async function viewAt(api: Api, instance: string, name: string): Promise<InstanceView | undefined> {
  const { point } = await api.call("point.find", { instance, point: name });
  const then = await api.call("past.instances", { at: { operation: point.operation }, instances: [instance] });
  return then.instances[0];
}
