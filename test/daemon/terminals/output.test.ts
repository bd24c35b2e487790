/** What a terminal remembers, and who holds the guest back. */
import { describe, expect, test } from "bun:test";
import { aheadBytesMax, createOutput, scrollBackBytes } from "../../../src/daemon/terminals/output.ts";
import { createScrollBack } from "../../../src/daemon/terminals/scroll-back.ts";
import { seededRandom } from "../../simulation/random.ts";
import { fakeChannel } from "../channels.ts";
import { until } from "./bench.ts";

const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();
const all = (wanted: number) => Promise.resolve(wanted);

describe("scroll-back", () => {
  test("keeps the last bytes, whatever pieces they come in", () => {
    const random = seededRandom(7);
    for (let round = 0; round < 200; round++) {
      const capacity = 1 + random.below(20);
      const back = createScrollBack(capacity);
      let whole = "";
      for (let piece = 0; piece < 20; piece++) {
        const added = Array.from({ length: random.below(30) }, () => "ab\n"[random.below(3)]).join("");
        back.append(Buffer.from(added));
        whole += added;
        expect([back.start(), back.end()]).toEqual([Math.max(0, whole.length - capacity), whole.length]);
        const at = back.start() + random.below(back.end() - back.start() + 1);
        const length = random.below(capacity + 1);
        expect(text(back.read(at, length))).toBe(whole.slice(at, at + length));
      }
    }
  });

  test.each([
    ["nothing lost: from the start", "ab\ncd", 0],
    ["a cut line is left out", "123456ab\ncd", 9],
    ["one long line is all there is", "0123456789ab", 4],
    ["the cut is right before a line's end", "0123456\nabcdefg", 8],
  ])("%s", (_, printed, first) => {
    const back = createScrollBack(8);
    back.append(Buffer.from(printed));
    expect(back.firstWhole()).toBe(first);
  });
});

/** A guest that prints: what it still holds back tells whether it is read. */
function printing() {
  const output = createOutput();
  const guest = fakeChannel();
  const pumped = output.pump(guest.stdout);
  const print = (bytes: number) => {
    for (let left = bytes; left > 0; left -= 16_384) guest.stdout.push(new Uint8Array(Math.min(left, 16_384)));
  };
  return { output, guest, pumped, print };
}
/** What would still move has the time to. */
const settled = () => Bun.sleep(5);

describe("output", () => {
  test("is read while nobody is attached, and the oldest is lost", async () => {
    const { output, guest, print } = printing();
    print(4 * scrollBackBytes);
    await until(() => guest.stdout.waiting() === 0);
    expect(output.join().replay).toBe(scrollBackBytes);
  });

  test("is read no further than a sole reader takes it, and on as soon as that one takes more or leaves", async () => {
    const { output, guest, print } = printing();
    const reader = output.join();
    print(4 * scrollBackBytes);
    await settled();
    const held = guest.stdout.waiting();
    expect(held).toBeGreaterThanOrEqual((4 * scrollBackBytes - 2 * aheadBytesMax) / 16_384);
    await reader.next(all);
    await until(() => guest.stdout.waiting() < held);
    expect(guest.stdout.waiting()).toBeGreaterThan(0);
    reader.leave();
    await until(() => guest.stdout.waiting() === 0);
  });

  test("comes whole and in order, also by small grants", async () => {
    const { output, guest, pumped } = printing();
    const reader = output.join();
    const lines = Array.from({ length: 2_000 }, (_, index) => `${index}\n`);
    for (const line of lines) guest.stdout.push(Buffer.from(line));
    guest.finish({ code: 0 });
    void pumped.then(output.end);
    let read = "";
    for (let part = await reader.next(async () => 7); part; part = await reader.next(async () => 7)) {
      expect(part.length).toBeLessThanOrEqual(7);
      read += text(part);
    }
    expect(read).toBe(lines.join(""));
  });

  test("goes at the pace of the fastest; one that is outrun is told so", async () => {
    const { output, guest, print } = printing();
    const [slow, fast] = [output.join(), output.join()];
    print(2 * scrollBackBytes);
    for (let bytes = 0; bytes < 2 * scrollBackBytes;) bytes += (await fast.next(all))?.length ?? 0;
    expect(guest.stdout.waiting()).toBe(0);
    await expect(slow.next(all)).rejects.toMatchObject({ code: "reader-too-slow" });
  });

  test("ends for a reader when all is read, and at once for a pump that is held back", async () => {
    const { output, pumped, print } = printing();
    const reader = output.join();
    print(scrollBackBytes);
    await settled();
    output.end();
    await pumped;
    while (await reader.next(all));
    expect(await reader.next(all)).toBeUndefined();
  });
});
