/** The server of one folder's files, virtiofsd, as a command line: it acts for one user, and sees that folder alone. */

export interface ServePlan {
  /** `carried`: QEMU 7.2's own with build/mounts/serve-as.c before it; `system`: the virtio-fs project's, 1.10 or later. */
  readonly server: {
    readonly kind: "carried" | "system";
    readonly words: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  };
  /** Where the machine calls, and the account it runs under. */
  readonly door: { readonly socket: string; readonly uid: number };
  /** Absolute path of the folder. */
  readonly source: string;
  readonly readOnly: boolean;
  /** The user of the host whose rights count. */
  readonly as: { readonly uid: number; readonly gid: number; readonly groups: readonly number[] };
  /** Ids of the host and what the guest sees instead; nobody else's files are the guest's to give away or take. */
  readonly uids: readonly IdPair[];
  readonly gids: readonly IdPair[];
}

export type IdPair = readonly [host: number, guest: number];

export interface ServeCommand {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The carried one begins as whoever starts it; the system's has to be started as the user already. */
export function serveCommand(plan: ServePlan): ServeCommand {
  return plan.server.kind === "carried" ? carried(plan) : system(plan);
}

/** On descriptor 3 it finds the socket; the limit of open files is raised before. */
const fixed = ["--fd=3", "-f", "--rlimit-nofile=0", "-o", "sandbox=namespace", "-o", "cache=auto"];

function carried({ server, door, source, readOnly, as, uids, gids }: ServePlan): ServeCommand {
  const env = {
    ...server.env,
    STRATA_SERVE_SOCKET: door.socket,
    STRATA_SERVE_PEER: String(door.uid),
    STRATA_SERVE_AS: `${as.uid} ${as.gid}`,
    STRATA_SERVE_GROUPS: as.groups.join(" "),
    STRATA_SERVE_UIDS: inNamespace(uids),
    STRATA_SERVE_GIDS: inNamespace(gids),
    STRATA_SERVE_SOURCE: source,
    ...(readOnly && { STRATA_SERVE_READ_ONLY: "yes" }),
  };
  // Its list of options ends a value at a comma, and takes a backslash as the sign that it does not.
  const value = source.replaceAll(/[\\,]/g, String.raw`\$&`);
  return { argv: [...server.words, ...fixed, "-o", `source=${value}`], env };
}

/** Lines of /proc/PID/uid_map (user_namespaces(7)): inside, outside, how many. */
const inNamespace = (pairs: readonly IdPair[]): string => pairs.map(([host, guest]) => `${guest} ${host} 1`).join("\n");

/** From its documentation: `:NAMESPACE:HOST:COUNT:`, and any letter may part the fields. */
function system({ server, door, source, readOnly, uids, gids }: ServePlan): ServeCommand {
  const map = (name: string, pairs: readonly IdPair[]) =>
    pairs.map(([host, guest]) => `--${name}=:${guest}:${host}:1:`);
  const options = [`--socket-path=${door.socket}`, `--shared-dir=${source}`, "--sandbox=namespace", "--cache=auto"];
  const maps = [...map("uid-map", uids), ...map("gid-map", gids)];
  return { argv: [...server.words, ...options, ...maps, ...(readOnly ? ["--readonly"] : [])], env: server.env };
}
