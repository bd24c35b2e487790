/** The text of `launch --cloud-init`: read and checked here, so that a mistake is told before the daemon is asked. */
import type { CloudInitText } from "../commands/context.ts";
import { UserError } from "../errors.ts";
import type { Secret } from "../model/secret.ts";
import type { TextSource } from "../sys/text-source.ts";

/** Throws `cloud-init-unreadable`, and as `checkCloudConfig` does. */
export async function readCloudInit(source: string): Promise<CloudInitText> {
  const { text, what } = await read(source);
  return check(text, what);
}

const firstLine = "#cloud-config";

/** The same of a text that may do without its first line. */
export async function readPlainCloudInit(source: string): Promise<CloudInitText> {
  const { text, what } = await read(source);
  if (/^\uFEFF?#cloud-config[ \t]*(?:\r?\n|$)/.test(text)) return check(text, what);
  return check(`${firstLine}\n${text}`, what).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    // Lines are those of the user's text.
    const message = error.message.replace(/\(line (\d+),/, (_, line) => `(line ${Number(line) - 1},`);
    throw new UserError(error.code, message, { exit: error.exit, hints: error.hints, cause: error });
  });
}

async function check(text: string, what: string): Promise<CloudInitText> {
  const { checkCloudConfig } = await import("../guest/cloud-config.ts");
  const { ignored } = checkCloudConfig(text, `cloud-init ${what}`);
  return { text: text as Secret<string>, ignored };
}

async function read(source: string): Promise<TextSource> {
  const { readTextSource } = await import("../sys/text-source.ts");
  return readTextSource(source).catch((cause: unknown) => {
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError("cloud-init-unreadable", cause.message.replace(/^the /, "the cloud-init "), {
      cause,
      hints: [["form", "--cloud-init FILE, an http(s) address, or - for standard input"]],
    });
  });
}
