/** The tracer as a process of its own: it blocks, and who sends commands must not. Its only word is the run; it says what it saw. */
import { runTraced, type TracedRun } from "./tracer.ts";

process.stdout.write(JSON.stringify(runTraced(JSON.parse(process.argv[2] ?? "") as TracedRun)));
