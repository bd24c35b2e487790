/** The list of parts agrees with what is installed. */
import { expect, test } from "bun:test";
import { licenses } from "../../src/client/licenses.ts";

test("every bundled package is named with its installed version and licence", async () => {
  const parts = (await licenses()).filter(({ name, source }) => source.startsWith("https://") && name !== "bun");
  const installed = await Promise.all(
    parts.map(async ({ name }) => {
      const {
        version,
        license,
        licenses: old,
      } = (await Bun.file(`${import.meta.dir}/../../node_modules/${name}/package.json`).json()) as {
        version: string;
        license?: string;
        licenses?: { type: string }[];
      };
      return { name, version, licences: [license ?? old?.[0]?.type ?? ""] };
    }),
  );
  expect(parts.map(({ name, version, licences }) => ({ name, version, licences }))).toEqual(installed);
});

test("every dependency that is bundled is in the list", async () => {
  const { dependencies } = (await Bun.file(`${import.meta.dir}/../../package.json`).json()) as {
    dependencies: Record<string, string>;
  };
  const used = Object.keys(dependencies).filter((name) => isImported(name));
  expect((await licenses()).map(({ name }) => name)).toEqual(expect.arrayContaining(used));
});

function isImported(name: string): boolean {
  const { stdout } = Bun.spawnSync([
    "grep",
    "-rlE",
    `from "${name}(/|")|import\\("${name}(/|")`,
    `${import.meta.dir}/../../src`,
  ]);
  return stdout.length > 0;
}
