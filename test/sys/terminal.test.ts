/** Raw mode on a real terminal: every byte arrives, and the terminal is as before on every way out. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";

const program = join(import.meta.dir, "raw-program.ts");
const limitMs = 30_000;

/** A terminal in which programs run one after the other, with everything that they printed. */
function openTerminal() {
  let shown = "";
  const terminal = new Bun.Terminal({
    cols: 91,
    rows: 27,
    data: (_, bytes) => void (shown += Buffer.from(bytes).toString()),
  });
  return {
    terminal,
    run: (...command: string[]) => Bun.spawn(command, { terminal }),
    shown: () => shown,
    until: async (text: string) => {
      const start = performance.now();
      while (!shown.includes(text)) {
        if (performance.now() - start > limitMs) throw new Error(`"${text}" was not shown, but:\n${shown}`);
        await Bun.sleep(2);
      }
    },
    /** Which of the modes that matter are on, as the system's own tool sees it. */
    modes: async () => {
      const before = shown.length;
      await Bun.spawn(["sh", "-c", "stty -a; echo done"], { terminal }).exited;
      while (!shown.slice(before).includes("done")) await Bun.sleep(2);
      return ["icanon", "isig", "echo", "opost", "icrnl"].filter((mode) =>
        new RegExp(`(^|[ ;])${mode}\\b`, "m").test(shown.slice(before)),
      );
    },
  };
}

const all = ["icanon", "isig", "echo", "opost", "icrnl"];

describe("raw mode", () => {
  test("hands over control keys and escapes as typed, and knows the size", async () => {
    const at = openTerminal();
    const child = at.run(process.execPath, program, "exit");
    await at.until("ready");
    expect(at.shown()).toContain("size 91x27");
    at.terminal.write("\x03\x04\x1a\x1b[A\r");
    await at.until("read 03041a1b5b410d");
    at.terminal.write("q");
    expect(await child.exited).toBe(0);
    at.terminal.close();
  });

  test.each(["restore", "exit", "throw"])("is taken back when the program ends by: %s", async (how) => {
    const at = openTerminal();
    expect(await at.modes()).toEqual(all);
    const child = at.run(process.execPath, program, how);
    await at.until("ready");
    at.terminal.write("q");
    await child.exited;
    expect(await at.modes()).toEqual(all);
    at.terminal.close();
  });

  test.each(["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT"] as const)(
    "is taken back when %s ends the program, which still dies of it",
    async (signal) => {
      const at = openTerminal();
      const child = at.run(process.execPath, program, "wait");
      await at.until("ready");
      child.kill(signal);
      await child.exited;
      expect(child.signalCode).toBe(signal);
      expect(await at.modes()).toEqual(all);
      at.terminal.close();
    },
  );
});
