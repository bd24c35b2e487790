/** The distribution's Chromium, as tests of the window use it. */
import { existsSync } from "node:fs";
import { test } from "bun:test";
import { type Browser, chromium } from "playwright-core";

/** Where Debian's package has it; `npm test` installs that. */
export const executablePath = "/usr/bin/chromium";

export const isThere = existsSync(executablePath);
if (!isThere) process.stderr.write(`no ${executablePath}: tests in a browser are SKIPPED (apt-get install chromium)\n`);

/** A test that needs a browser: left out, loudly, where there is none. */
export const browserTest = isThere ? test : test.skip;

/** One browser serves a file's tests, each in a context of its own. /dev/shm is small in containers. */
export const launch = (...args: string[]): Promise<Browser> =>
  chromium.launch({ executablePath, args: ["--disable-dev-shm-usage", ...args] });
