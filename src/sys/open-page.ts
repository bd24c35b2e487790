/** Shows a page in the user's own browser, by what the desktop opens files with. */
import { rmSync, writeFileSync } from "node:fs";
import { findProgram } from "./program-path.ts";

/** In order of preference: words that a file's path is added to. */
const openersOf: Partial<Record<NodeJS.Platform, readonly (readonly string[])[]>> = {
  linux: [["xdg-open"], ["gio", "open"], ["wslview"]],
  darwin: [["open"]],
};

/** Variables of a session with a screen; without one of them an opener asks in vain, or takes the terminal. */
const screens = ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"];

type Environment = Readonly<Record<string, string | undefined>>;

/** Undefined: nothing here opens pages. */
export function findOpener(environment: Environment, searchPath: string): readonly string[] | undefined {
  if (process.platform === "linux" && !screens.some((name) => environment[name])) return undefined;
  for (const [name = "", ...words] of openersOf[process.platform] ?? []) {
    const program = findProgram(name, searchPath);
    if (program !== undefined) return [program, ...words];
  }
  return undefined;
}

export interface Opening {
  /** Name of the program that was started. */
  readonly program: string;
  /** Undefined while it runs, which it may as long as the browser does. */
  exitCode(): number | undefined;
  /** Takes away what it was given. */
  close(): void;
}

/** Starts the opener with `html` as a new file that only this user may read. Throws what the system says. */
export function openPage(opener: readonly string[], path: string, html: string, environment: Environment): Opening {
  writeFileSync(path, html, { flag: "wx", mode: 0o600 });
  const close = () => rmSync(path, { force: true });
  try {
    const child = Bun.spawn([...opener, path], {
      detached: true,
      env: { ...environment },
      stdio: ["ignore", "ignore", "ignore"],
    });
    child.unref();
    const exitCode = () => child.exitCode ?? (child.signalCode === null ? undefined : 128);
    return { program: opener[0] ?? "", exitCode, close };
  } catch (error) {
    close();
    throw error;
  }
}
