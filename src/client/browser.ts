/** Opens the window in a browser. Its address has a token in it, which must not be among a program's arguments: a file of this user sends the browser there. */
import type { Opening } from "../commands/context.ts";
import type { Config } from "../config.ts";
import { messageOf } from "../errors.ts";
import { systemIds } from "../sys/ids.ts";
import { findOpener, openPage } from "../sys/open-page.ts";

const nameBytes = 6;

/** Nothing of it is shown longer than a browser takes to go on. */
const redirect = (url: string): string =>
  `<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><meta http-equiv="refresh" content="0;url=${url}"><title>strata</title>\n`;

/**
 * In the home, under a name without a dot: browsers that are confined by the system (snap, flatpak) see neither /tmp nor what is
 * hidden there. Undefined: nothing here opens pages; a text: why it could not be done.
 */
export function openInBrowser({ environment, searchPath, user }: Config, url: string): Opening | string | undefined {
  const opener = findOpener(environment, searchPath);
  if (!opener) return undefined;
  const name = `strata-gui-${Buffer.from(systemIds.bytes(nameBytes)).toString("hex")}.html`;
  try {
    return openPage(opener, `${user.home}/${name}`, redirect(url), environment);
  } catch (error) {
    return messageOf(error);
  }
}
