/** The text of strata's systemd unit (systemd.service(5)), and how one of ours is told from another's. */

export interface UnitFacts {
  readonly scope: "system" | "user";
  /** What to execute to run strata. */
  readonly program: readonly string[];
  /** STRATA_HOME, when the daemon is to have another data directory than its usual one. */
  readonly home: string | undefined;
  /** The group was made by this install, so that an uninstall takes it away again. */
  readonly madeGroup: boolean;
  /** SHA-256 as hexadecimal digits. */
  readonly digest: (text: string) => string;
}

const markPattern = /^# Written by strata daemon install; strata daemon uninstall removes it\. sha256:([0-9a-f]{64})\n/;
const groupLine = "# It made the group strata.";

/**
 * Machines are not the daemon's children in spirit: KillMode=process leaves them alone when the service stops, and
 * OOMPolicy=continue when the kernel ends one of them.
 */
export function unitText({ scope, program, home, madeGroup, digest }: UnitFacts): string {
  const body = [
    ...(madeGroup ? [groupLine] : []),
    "[Unit]",
    "Description=strata, Linux instances with a history",
    "Documentation=man:strata(1)",
    ...(scope === "system" ? ["After=network.target local-fs.target"] : []),
    "",
    "[Service]",
    "Type=exec",
    ...(home === undefined ? [] : [`Environment=${quoted(`STRATA_HOME=${home}`, false)}`]),
    `ExecStart=${[...program, "daemon", "run"].map((word) => quoted(word, true)).join(" ")}`,
    "KillMode=process",
    "OOMPolicy=continue",
    "Restart=always",
    "RestartSec=1",
    "TimeoutStopSec=60",
    "",
    "[Install]",
    `WantedBy=${scope === "system" ? "multi-user" : "default"}.target`,
    "",
  ].join("\n");
  return `# Written by strata daemon install; strata daemon uninstall removes it. sha256:${digest(body)}\n${body}`;
}

/** Whose a unit file is: `changed` was ours, and somebody has edited it since. */
export function ownerOf(text: string, digest: (text: string) => string): "ours" | "changed" | "foreign" {
  const [mark, said] = markPattern.exec(text) ?? [];
  if (mark === undefined) return "foreign";
  return digest(text.slice(mark.length)) === said ? "ours" : "changed";
}

export const saysGroup = (text: string): boolean => text.includes(`\n${groupLine}\n`);

/** A word for systemd: quoted where it must be; `%` doubled since it is expanded, and `$` in commands. */
function quoted(word: string, isCommand: boolean): string {
  const percent = word.replaceAll("%", "%%");
  const escaped = isCommand ? percent.replaceAll("$", "$$$$") : percent;
  if (/^[\w@%$+=:,./-]+$/.test(escaped)) return escaped;
  return `"${escaped.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
