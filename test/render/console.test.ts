/** A guest's console on our terminal: text and colours, nothing else. */
import { expect, test } from "bun:test";
import { createConsoleFilter } from "../../src/render/console.ts";

const shown = (...pieces: string[]) => {
  const filter = createConsoleFilter();
  return pieces.map((piece) => filter(Buffer.from(piece))).join("");
};

test("text, line ends, tabs and colours get through", () => {
  expect(shown("a\tb\r\n\u001b[1;31mred\u001b[0m ä\n")).toBe("a\tb\r\n\u001b[1;31mred\u001b[0m ä\n");
});

test.each([
  ["a clear screen", "\u001b[2J\u001b[H"],
  ["a title", "\u001b]0;title\u0007"],
  ["a title with its other end", "\u001b]0;title\u001b\\"],
  ["a question that the terminal would answer", "\u001b[6n\u001b[c\u001bZ"],
  ["a keyboard string", "\u001bP1$r\u001b\\"],
  ["a bell and a backspace", "\u0007\b"],
  ["C1 controls", "\u009b2J"],
  ["a lone escape", "\u001b"],
  ["a private character in front of a sequence", "\ue000[2J\u001b[2J"],
])("%s does not", (_what, text) => {
  // oxlint-disable-next-line no-control-regex
  expect(shown(`a${text}b`)).not.toMatch(/[\u001b\u0007\b\u009b]/);
});

test("a sequence cut in two is still seen as one", () => {
  expect(shown("a\u001b", "[2", "Jb")).toBe("ab");
  expect(shown("a\u001b[1", ";31mb")).toBe("a\u001b[1;31mb");
  const bytes = Buffer.from("ä");
  const filter = createConsoleFilter();
  expect(filter(bytes.subarray(0, 1)) + filter(bytes.subarray(1))).toBe("ä");
});

test("a sequence without an end does not hold back what follows for ever", () => {
  expect(shown("\u001b]0;", "x".repeat(100), "y\n", "z\n")).toContain("z");
});
