/** Ctrl-C and a closing terminal as events instead of an end. */

export type Interrupt = "interrupt" | "hangup";

/** Calls `listener` at each SIGINT, SIGTERM and SIGHUP until the answer is called; then they end the process again. */
export function onInterrupt(listener: (how: Interrupt) => void): () => void {
  const interrupt = () => listener("interrupt");
  const hangup = () => listener("hangup");
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", hangup);
  process.on("SIGHUP", hangup);
  return () => {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", hangup);
    process.off("SIGHUP", hangup);
  };
}

/** Calls `tick` every `ms` until the answer is called; does not keep the process alive. */
export function every(ms: number, tick: () => void): () => void {
  const timer = setInterval(tick, ms);
  timer.unref();
  return () => clearInterval(timer);
}
