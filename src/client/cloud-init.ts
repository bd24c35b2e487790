/** The text of `launch --cloud-init`: read and checked here, so that a mistake is told before the daemon is asked. */
import type { CloudInitText } from "../commands/context.ts";
import { UserError } from "../errors.ts";
import type { Secret } from "../model/secret.ts";

/** Throws `cloud-init-unreadable`, and as `checkCloudConfig` does. */
export const readCloudInit = (source: string): Promise<CloudInitText> => read(source, (text) => text);

/** The same of a text that may do without its first line, `#cloud-config`. */
export const readPlainCloudInit = (source: string): Promise<CloudInitText> =>
  read(source, (text) => (/^\uFEFF?#cloud-config[ \t]*(?:\r?\n|$)/.test(text) ? text : `#cloud-config\n${text}`));

async function read(source: string, completed: (text: string) => string): Promise<CloudInitText> {
  const [{ readTextSource }, { checkCloudConfig }] = await Promise.all([
    import("../sys/text-source.ts"),
    import("../guest/cloud-config.ts"),
  ]);
  const { text: given, what } = await readTextSource(source).catch((cause: unknown) => {
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError("cloud-init-unreadable", cause.message.replace(/^the /, "the cloud-init "), {
      cause,
      hints: [["form", "--cloud-init FILE, an http(s) address, or - for standard input"]],
    });
  });
  const text = completed(given);
  const { ignored } = checkCloudConfig(text, `cloud-init ${what}`);
  return { text: text as Secret<string>, ignored };
}
