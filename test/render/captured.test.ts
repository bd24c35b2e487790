/** Outputs of a command as JSON: text where it is text. */
import { expect, test } from "bun:test";
import { capturedView } from "../../src/render/captured.ts";
import { captured } from "./samples.ts";

const documentOf = (bytes: Uint8Array, allBytes = bytes.length) =>
  capturedView({ ...captured, stdout: { bytes, allBytes } }).document as Record<string, unknown>;

test("what is no UTF-8 is base64, with a mark", () => {
  const bytes = Uint8Array.from([0xff, 0x00, 0x41]);
  expect(documentOf(bytes)).toMatchObject({ stdout: "/wBB", stdoutEncoding: "base64", stdoutBytes: 3 });
});

test("a character that the bound has cut in two does not make text into bytes", () => {
  const bytes = Buffer.from("a€").subarray(0, 3);
  expect(documentOf(bytes, 4)).toMatchObject({ stdout: "a", stdoutEncoding: "utf-8", stdoutBytes: 4 });
  expect(documentOf(bytes, 3)).toMatchObject({ stdoutEncoding: "base64" });
});

test("a byte order mark stays", () => {
  expect(documentOf(Buffer.from("\ufeffa"))).toMatchObject({ stdout: "\ufeffa", stdoutBytes: 4 });
});
