/** Versions of the client and of the daemon it reaches. */
import { card } from "./table.ts";
import type { View } from "./view.ts";

export interface DaemonGreeting {
  readonly version: string;
  readonly protocol: number;
  readonly pid: number;
}

export function versionView(version: string, daemon: DaemonGreeting | undefined): View {
  const record = { strata: version, daemon: daemon?.version ?? null, protocol: daemon?.protocol ?? null };
  return {
    document: { schema: 1, ...record },
    records: [record],
    csv: { header: ["strata", "daemon"], rows: [[version, daemon?.version ?? ""]] },
    names: [version],
    table: (page) =>
      card(
        [
          ["strata", version],
          ["daemon", daemon ? `${daemon.version}, pid ${daemon.pid}` : "none running"],
        ],
        page,
      ),
  };
}
