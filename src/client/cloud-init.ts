/** The text of `launch --cloud-init`: read and checked here, so that a mistake is told before the daemon is asked. */
import type { CloudInitText } from "../commands/context.ts";
import { UserError } from "../errors.ts";
import type { Secret } from "../model/secret.ts";

/** Throws `cloud-init-unreadable`, and as `checkCloudConfig` does. */
export async function readCloudInit(source: string): Promise<CloudInitText> {
  const [{ readTextSource }, { checkCloudConfig }] = await Promise.all([
    import("../sys/text-source.ts"),
    import("../guest/cloud-config.ts"),
  ]);
  const { text, what } = await readTextSource(source).catch((cause: unknown) => {
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError("cloud-init-unreadable", cause.message.replace(/^the /, "the cloud-init "), {
      cause,
      hints: [["form", "--cloud-init FILE, an http(s) address, or - for standard input"]],
    });
  });
  const { ignored } = checkCloudConfig(text, `cloud-init ${what}`);
  return { text: text as Secret<string>, ignored };
}
