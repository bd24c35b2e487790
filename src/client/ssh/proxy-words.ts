/** The command that an SSH client runs to reach an instance; the instance's id is its last word. */
import type { Config } from "../../config.ts";

/** First words of the helper process; see `runSshProxy`. */
export const sshProxyWords = ["helper", "ssh-proxy"] as const;

/** By these a daemon is found, and started: one that looked elsewhere for its machines would not find them. */
const telling = ["STRATA_HOME", "STRATA_HOST", "XDG_RUNTIME_DIR", "XDG_DATA_HOME"] as const;

/**
 * It asks the daemon that was asked for the configuration, with the key in that folder, whatever the environment is then.
 * `host`: what --host named.
 */
export function proxyWords(
  { program, environment }: Pick<Config, "program" | "environment">,
  keys: string,
  host: string | undefined,
): readonly string[] {
  const told: Config["environment"] = { ...environment, ...(host !== undefined && { STRATA_HOST: host }) };
  const words = telling.flatMap((name) => (told[name] ? [`${name}=${told[name]}`] : []));
  return [...(words.length === 0 ? [] : ["env", ...words]), ...program, ...sshProxyWords, keys];
}
