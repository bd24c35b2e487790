/** Instances as OpenSSH's client knows hosts (ssh_config(5)). */
import { domain } from "../model/domain.ts";
import type { SshHost } from "../model/ssh.ts";
import type { View } from "./view.ts";

/** This user's files, and the command that reaches an instance. */
export interface SshPlaces {
  readonly identityFile: string;
  readonly knownHostsFile: string;
  /** The instance's id follows. */
  readonly proxy: readonly string[];
}

/** By which its host key is known, whatever it is called and wherever it is reached. */
export const hostAlias = ({ id }: Pick<SshHost, "id">): string => `strata-${id}`;

export function sshConfigView(hosts: readonly SshHost[], places: SshPlaces): View {
  const records = hosts.map(({ id, name, user, hostKey }) => ({ name, id, user, hostKey }));
  return {
    document: { schema: 1, ...places, proxy: [...places.proxy], hosts: records },
    records,
    csv: { header: ["name", "id", "user"], rows: hosts.map(({ name, id, user }) => [name, id, user]) },
    names: hosts.map(({ name }) => name),
    table: () => sshConfigText(hosts, places).trimEnd(),
  };
}

/** A block for each. */
export const sshConfigText = (hosts: readonly SshHost[], places: SshPlaces): string =>
  hosts.map((host) => `${blockOf(host, places).join("\n")}\n`).join("\n");

/**
 * Nothing else may answer: the guest's key is pinned under a name that nobody else has, and only this user's key is offered. The port is
 * another one at each start, so a command finds it.
 */
function blockOf(host: SshHost, { identityFile, knownHostsFile, proxy }: SshPlaces): string[] {
  return [
    `Host ${host.name} ${host.name}.${domain}`,
    `  HostName ${host.name}.${domain}`,
    `  HostKeyAlias ${hostAlias(host)}`,
    `  User ${host.user}`,
    `  IdentityFile ${quoted(identityFile)}`,
    "  IdentitiesOnly yes",
    `  UserKnownHostsFile ${quoted(knownHostsFile)}`,
    "  StrictHostKeyChecking yes",
    `  ProxyCommand ${[...proxy, host.id].map(shellWord).join(" ")}`,
  ];
}

/** For OpenSSH itself: `%` begins a token. */
const quoted = (path: string): string => `"${path.replaceAll("%", "%%")}"`;

/** For the shell that OpenSSH hands the command to, after it has read tokens. */
function shellWord(word: string): string {
  const shown = word.replaceAll("%", "%%");
  return /^[\w./:=@%+-]+$/.test(word) ? shown : `'${shown.replaceAll("'", `'\\''`)}'`;
}
