/** The daemon's own state. */
import { formatSize } from "../model/size.ts";
import type { AnchorView, DaemonStatus, SinkView } from "../model/view.ts";
import { card } from "./table.ts";
import type { View } from "./view.ts";

function anchorText({ to, sent, failed, why }: AnchorView): string {
  return why === undefined ? `${to}, ${sent} sent` : `${to}, ${failed} did not arrive: ${why}`;
}

function sinkText({ to, behind = 0, why }: SinkView): string {
  const left = behind === 0 ? "every event sent" : `${behind} events to be sent`;
  return why === undefined ? `${to}, ${left}` : `${to}, ${left}: ${why}`;
}

export function daemonView(status: DaemonStatus): View {
  const {
    pid,
    version,
    directory,
    socket,
    startedAt,
    user,
    log,
    instances,
    running,
    operations,
    accelerator,
    anchor,
    sink,
    memoryBytes,
  } = status;
  const header = ["pid", "version", "directory", "socket", "position", "instances", "running"];
  const cells = [pid, version, directory, socket, log.position, instances, running].map(String);
  return {
    document: { schema: 1, ...status },
    records: [{ ...status }],
    csv: { header, rows: [cells] },
    names: [String(pid)],
    table: (page) =>
      card(
        [
          ["daemon", `strata ${version}, pid ${pid}, of ${user}, since ${page.localTime(startedAt)}`],
          ["data", directory],
          ["socket", socket],
          ["log", `${log.position} events, ${log.mode}${log.why === undefined ? "" : `: ${log.why}`}`],
          ...(log.archived
            ? [["archived", `1 to ${log.archived.upTo}, in ${log.archived.places.join(", ")}`] as const]
            : []),
          ...(log.sealed === undefined ? [] : [["sealed", `${log.sealed} events`] as const]),
          ...(anchor ? [["anchor", anchorText(anchor)] as const] : []),
          ...(sink ? [["sink", sinkText(sink)] as const] : []),
          ["instances", `${instances}, ${running} running, ${operations} operations under way`],
          ...(accelerator
            ? [["cpu", accelerator.name + (accelerator.why === undefined ? "" : `: ${accelerator.why}`)] as const]
            : []),
          ["memory", formatSize(memoryBytes)],
        ],
        page,
      ),
  };
}
