/** Exact texts kept beside the tests; `UPDATE_GOLDEN=1 bun test` writes them anew. */
import { expect } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Compares `text` with test/golden/`name`. A file that is not there fails. */
export function expectGolden(name: string, text: string): void {
  const path = join(import.meta.dir, "golden", name);
  if (process.env["UPDATE_GOLDEN"] === "1") {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  expect(text).toBe(existsSync(path) ? readFileSync(path, "utf8") : `(no file test/golden/${name})`);
}
