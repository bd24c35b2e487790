/** Standard streams as a shell sets them up: the end is never lost, full pipes wait, and closed ones are told. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";

const copy = `"${process.execPath}" "${join(import.meta.dir, "copy-program.ts")}"`;

/** What a shell line prints. */
async function shell(line: string): Promise<{ out: string; error: string }> {
  const run = Bun.spawn(["sh", "-c", line], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, error] = await Promise.all([new Response(run.stdout).text(), new Response(run.stderr).text()]);
  await run.exited;
  return { out, error };
}

describe("copying stdin to stdout", () => {
  test.each([
    ["a pipe", `printf abc | ${copy}`, "abc", "end 3"],
    ["a pipe whose writer waits", `(printf a; sleep 0.1; printf b) | ${copy}`, "ab", "end 2"],
    ["an empty pipe", `true | ${copy}`, "", "end 0"],
    ["a file", `${copy} < /etc/hostname | cmp - /etc/hostname && echo same`, "same\n", /^end \d+$/],
    ["/dev/null", `${copy} < /dev/null`, "", "end 0"],
    ["a closed stdin", `${copy} <&-`, "", "end 0"],
    ["a folder", `${copy} < /`, "", "input-unreadable"],
    ["a reader that leaves", `yes | ${copy} | head -c 1`, "y", "output-closed"],
  ])("works from %s", async (_, line, out, error) => {
    const ran = await shell(line);
    expect(ran.out).toBe(out);
    if (typeof error === "string") expect(ran.error).toBe(error);
    else expect(ran.error).toMatch(error);
  });

  test("loses no byte at a reader that is slow", async () => {
    const { out, error } = await shell(`head -c 5000000 /dev/zero | ${copy} | (sleep 0.3; wc -c)`);
    expect(Number(out)).toBe(5_000_000);
    expect(error).toBe("end 5000000");
  });

  test("waits at a pipe that another program made non-blocking, in both directions", async () => {
    // Dash's `<>` on a FIFO keeps it open at both ends; O_NONBLOCK is a property of the open file, which all its users share.
    const nonBlocking = `"${process.execPath}" -e 'const{dlopen}=require("bun:ffi");const{symbols:{fcntl}}=dlopen("libc.so.6",{fcntl:{args:["i32","i32","i32"],returns:"i32"}});for(const fd of [0,1])fcntl(fd,4,2048)'`;
    const { out, error } = await shell(
      `(sleep 0.2; head -c 3000000 /dev/zero) | (${nonBlocking}; ${copy}) | (sleep 0.6; wc -c)`,
    );
    expect(Number(out)).toBe(3_000_000);
    expect(error).toBe("end 3000000");
  });

  test("never loses the end, in many quick runs", async () => {
    const { error } = await shell(`for i in 1 2 3 4 5 6 7 8 9 10; do printf x | ${copy} >/dev/null; done`);
    expect(error).toBe("end 1".repeat(10));
  });
});
