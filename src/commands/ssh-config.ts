/** `strata ssh-config`: instances for ordinary SSH clients. */
import { UserError, exitCodes } from "../errors.ts";
import { sshConfigText, sshConfigView } from "../render/ssh-config.ts";
import { defineVerb, flag } from "./command.ts";

export const sshConfig = defineVerb({
  name: "ssh-config",
  aliases: [],
  group: "inside",
  summary: "Print a configuration for ssh, scp, rsync and editors",
  about: [
    "A block of OpenSSH's configuration for each instance: ssh web, or web.strata, goes where strata shell web goes, also after a restart. The guest's host key is pinned. It uses a key of your own, made at the first call in the folder of strata's client settings; the guest is told of it at the first connection, and the history says so.",
    "--write keeps it in a file beside that key, for all instances, which one line in ~/.ssh/config includes; that file itself is never touched. Call it again when there are new instances.",
  ],
  arguments: [{ name: "INSTANCE", about: "only these", required: false, many: true, completes: "instance" }],
  options: { write: flag("write it to its file instead of printing it, for all instances") },
  examples: [
    { line: "strata ssh-config --write", about: "then ssh web, scp, rsync and editors" },
    { line: "strata ssh-config web > web.conf", about: "then ssh -F web.conf web" },
  ],
  async run(context, { words, options }) {
    if (options.write && words.length > 0) throw allOrSome();
    const hosts = await context.api.call("ssh.hosts", words.length === 0 ? {} : { instances: [...words] });
    const files = await context.ssh();
    const places = await files.prepare(hosts);
    if (!options.write) {
      await context.show(sshConfigView(hosts, places), options);
      return exitCodes.ok;
    }
    const { path, isIncluded } = files.write(sshConfigText(hosts, places));
    context.say(`Written: ${path}   instances: ${hosts.length}`);
    if (!isIncluded) context.say(`next        put this line first in ~/.ssh/config: Include ${path}`);
    return exitCodes.ok;
  },
});

const allOrSome = (): UserError =>
  new UserError("names-and-write", "ssh-config --write is about all instances, so it takes no names", {
    exit: exitCodes.usage,
    hints: [["next", "strata ssh-config --write"]],
  });
