/** A command that ran in a guest, for programs: its end and what it wrote. */
import type { Captured, CapturedOutput } from "../model/captured.ts";
import type { JsonObject, View } from "./view.ts";

export function capturedView(captured: Captured): View {
  const { instance, session, code, signal, isTimedOut, durationMs } = captured;
  const [stdout, stderr] = [shown(captured.stdout), shown(captured.stderr)];
  const document: JsonObject = {
    schema: 1,
    instance,
    session,
    code,
    ...(signal !== undefined && { signal }),
    ...(isTimedOut && { timedOut: true }),
    durationMs,
    stdout: stdout.text,
    stdoutEncoding: stdout.encoding,
    stdoutBytes: captured.stdout.allBytes,
    stderr: stderr.text,
    stderrEncoding: stderr.encoding,
    stderrBytes: captured.stderr.allBytes,
  };
  return {
    document,
    records: [document],
    csv: {
      header: ["code", "signal", "session", "duration_ms", "stdout", "stderr"],
      rows: [[String(code), signal ?? "", session, String(durationMs), stdout.text, stderr.text]],
    },
    names: [session],
    table: () => session,
  };
}

/** As text where it is UTF-8, else as base64. A character that the bound has cut in two is left out. */
function shown({ bytes, allBytes }: CapturedOutput): { text: string; encoding: "utf-8" | "base64" } {
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return { text: decoder.decode(bytes, { stream: allBytes > bytes.length }), encoding: "utf-8" };
  } catch {
    return { text: Buffer.from(bytes).toString("base64"), encoding: "base64" };
  }
}
