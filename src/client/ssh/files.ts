/** The files of this user that OpenSSH reads for instances, all in one folder: key, known hosts, and the configuration if that is wanted. */
import { proxyWords } from "./proxy-words.ts";
import type { SshFiles } from "../../commands/context.ts";
import type { Config } from "../../config.ts";
import { hostAlias } from "../../render/ssh-config.ts";
import type { SshHost } from "../../model/ssh.ts";
import { readText, replaceText } from "../../sys/private-file.ts";
import { ensureKey } from "./key.ts";

/** Lines of instances that are gone for long; the oldest go. */
const knownHostsMax = 4_096;

/** Beside the client's settings. */
export const sshDirectory = ({ clientFile }: Pick<Config, "clientFile">): string =>
  `${clientFile.slice(0, clientFile.lastIndexOf("/"))}/ssh`;

/** `host`: what --host named. */
export function sshFiles(config: Config, host: string | undefined): SshFiles {
  const directory = sshDirectory(config);
  const knownHostsFile = `${directory}/known_hosts`;
  const configFile = `${directory}/config`;
  return {
    async prepare(hosts) {
      const { path } = await ensureKey(directory);
      noteHosts(knownHostsFile, hosts);
      return { identityFile: path, knownHostsFile, proxy: proxyWords(config, directory, host) };
    },
    write(text) {
      replaceText(configFile, text);
      const own = readText(`${config.user.home}/.ssh/config`) ?? "";
      return { path: configFile, isIncluded: includes(own, configFile, config.user.home) };
    },
  };
}

/** Is there an Include of that file? `~` is the home. */
function includes(text: string, file: string, home: string): boolean {
  const files = [...text.matchAll(/^\s*include\s+(.+)$/gim)].flatMap(([, words = ""]) => words.trim().split(/\s+/));
  return files.some((word) => word.replaceAll('"', "").replace(/^~(?=\/)/, home) === file);
}

/** The host keys of these, and of those that were there before. */
function noteHosts(path: string, hosts: readonly SshHost[]): void {
  const before = (readText(path) ?? "").split("\n").filter(Boolean);
  const names = new Set(hosts.map(hostAlias));
  const others = before.filter((line) => !names.has(line.split(" ")[0] ?? ""));
  const lines = hosts.map((each) => `${hostAlias(each)} ${each.hostKey.split(" ").slice(0, 2).join(" ")}`);
  replaceText(path, [...others, ...lines, ""].slice(-knownHostsMax).join("\n"));
}
