/** The terminal of this process: raw mode that is taken back on every way out, its size, and the signals that concern it. */
import { dlopen, ptr } from "bun:ffi";
import { onFirstUse } from "./libc.ts";

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** More than a `struct termios` of any system has; it is never looked into. */
const modeBytes = 256;
const now = 0; // TCSANOW: a stopped terminal must not hold us up

/** The runtime's own raw mode keeps output processing and its reader; a shell needs neither, so the C library is asked. */
const modes = onFirstUse((name) =>
  dlopen(name, {
    tcgetattr: { args: ["i32", "ptr"], returns: "i32" },
    tcsetattr: { args: ["i32", "i32", "ptr"], returns: "i32" },
    cfmakeraw: { args: ["ptr"], returns: "void" },
  }),
);

/** Asked of the C library: node:tty brings node:net, which takes 5 ms to load. */
const terminals = onFirstUse((name) => dlopen(name, { isatty: { args: ["i32"], returns: "i32" } }));

export const isTerminal = (descriptor: 0 | 1 | 2): boolean => terminals().symbols.isatty(descriptor) === 1;

/** Of the terminal behind stdout or stderr; undefined when there is none, or when it does not say. */
export function terminalSize(): TerminalSize | undefined {
  const stream = [process.stdout, process.stderr].find((each) => each.isTTY);
  const [columns, rows] = stream?.getWindowSize() ?? [0, 0];
  return columns > 0 && rows > 0 ? { columns, rows } : undefined;
}

/** Calls `listener` at each change of size until the answer is called. */
export function onResize(listener: (size: TerminalSize) => void): () => void {
  const resized = () => {
    const size = terminalSize();
    if (size) listener(size);
  };
  process.on("SIGWINCH", resized);
  return () => void process.off("SIGWINCH", resized);
}

/** Signals that a command in a guest receives in our place. */
const forwarded = ["INT", "TERM", "HUP", "QUIT", "USR1", "USR2"] as const;

/** Calls `listener` with a signal's name (without SIG) instead of the signal's own effect, until the answer is called. */
export function onSignals(listener: (name: string) => void): () => void {
  const handlers = forwarded.map((name) => ({ signal: `SIG${name}` as const, handle: () => listener(name) }));
  for (const { signal, handle } of handlers) process.on(signal, handle);
  return () => handlers.forEach(({ signal, handle }) => process.off(signal, handle));
}

const deadly = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** Calls `work` before a signal ends this process, which it then still does. */
function beforeDeath(work: () => void): () => void {
  const die = (signal: NodeJS.Signals) => {
    work();
    stop();
    process.kill(process.pid, signal);
  };
  const stop = () => deadly.forEach((signal) => process.off(signal, die));
  for (const signal of deadly) process.on(signal, die);
  return stop;
}

/**
 * Makes the terminal behind stdin hand over every byte as typed (Ctrl-C too), until the answer is called. A process that
 * ends, is ended by a signal or is stopped takes the mode back first; only SIGKILL leaves it. No terminal: does nothing.
 */
export function enterRawMode(): () => void {
  const { tcgetattr, tcsetattr, cfmakeraw } = modes().symbols;
  const saved = new Uint8Array(modeBytes);
  if (tcgetattr(0, ptr(saved)) !== 0) return () => {};
  const raw = saved.slice();
  cfmakeraw(ptr(raw));
  const enter = () => void tcsetattr(0, now, ptr(raw));
  const leave = () => void tcsetattr(0, now, ptr(saved));
  const pause = () => {
    leave();
    process.kill(process.pid, "SIGSTOP");
  };
  const stopDying = beforeDeath(leave);
  process.on("exit", leave).on("SIGTSTP", pause).on("SIGCONT", enter);
  enter();
  return () => {
    stopDying();
    process.off("exit", leave).off("SIGTSTP", pause).off("SIGCONT", enter);
    leave();
  };
}
