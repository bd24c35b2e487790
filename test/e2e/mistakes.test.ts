/** The first day's mistakes: what is typed, what is said, and the printed command, which is run and must put it right. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startServer, type TestServer } from "../images/server.ts";
import { streamFiles } from "../images/streams.ts";
import { createHome, guestMs, type Home, type Ran } from "./harness.ts";

const path = join(import.meta.dir, "../golden/mistakes.txt");
const isUpdating = process.env["UPDATE_GOLDEN"] === "1";
/** Of all mistakes, so many must be put right by the command that is printed, or led to what is needed; and put right alone. */
const helpedShareMin = 0.9;
const fixedShareMin = 0.8;

interface Mistake {
  readonly typed: string;
  readonly exit: number;
  readonly code: string;
  /** The first command printed under "did you mean", else under "next". */
  readonly printed: string;
  /** `fixed`: it was meant, and ends with exit 0; `shown`: it ends with exit 0 and shows what is needed. */
  readonly effect: string;
}

const text = readFileSync(path, "utf8");
const isData = (line: string) => line !== "" && !line.startsWith("#");
const mistakes: readonly Mistake[] = text
  .split("\n")
  .filter(isData)
  .map((line) => {
    const [typed = "", exit = "", code = "", printed = "", effect = ""] = line.split("|").map((cell) => cell.trim());
    return { typed, exit: Number(exit), code, printed, effect };
  });

let home: Home;
let server: TestServer;
beforeAll(async () => {
  home = createHome();
  // What the network says of the built-in hosts is not ours to test: one host on loopback stands for all.
  server = await startServer(await streamFiles(""));
  await home.ok("set", `images.hosts=lab=${server.root}`);
  await home.ok("launch", "tiny", "--name", "web", "--memory", "256M");
}, guestMs);
afterAll(async () => {
  await home.close();
  await server.stop();
}, 60_000);

/** Types a line into a shell, with strata where a user has it. */
function type(line: string): Promise<Ran> {
  return home.shell(line);
}

function said({ stderr }: Ran): { code: string; printed: string; isMeant: boolean } {
  const command = (label: string) => new RegExp(`^  ${label} +(strata .*)$`, "m").exec(stderr)?.[1];
  return {
    code: /^error: .* \[([a-z0-9-]+)\]$/m.exec(stderr)?.[1] ?? "",
    printed: command("did you mean") ?? command("next") ?? "",
    isMeant: command("did you mean") !== undefined,
  };
}

/** Only web stays, as it was: the next mistake meets the same host. */
async function tidy(): Promise<void> {
  const { list } = JSON.parse(await home.ok("list", "--json")) as {
    list: { name: string; operation?: { number: number } }[];
  };
  for (const { name, operation } of list.filter((each) => each.name !== "web")) {
    if (operation) await home.run(["cancel", String(operation.number)]);
    await home.run(["delete", name, "--purge"]);
  }
}

const found: Mistake[] = [];

describe("a mistake, and the command that is printed", () => {
  test.each(mistakes.map((mistake) => [mistake.typed, mistake] as const))(
    "%s",
    async (typed, mistake) => {
      const ran = await type(typed);
      const { code, printed, isMeant } = said(ran);
      const fix = printed === "" ? undefined : await type(printed);
      const effect = fix?.code === 0 ? (isMeant ? "fixed" : "shown") : `exit ${fix?.code ?? "-"}`;
      found.push({ typed, exit: ran.code, code, printed, effect });
      if (!isUpdating) expect({ typed, exit: ran.code, code, printed, effect }).toEqual(mistake);
      await tidy();
    },
    guestMs,
  );
});

test("nine of ten are put right, of forty at least", () => {
  const share = (...effects: string[]) => found.filter(({ effect }) => effects.includes(effect)).length / found.length;
  expect(found.length).toBeGreaterThanOrEqual(40);
  expect(share("fixed", "shown")).toBeGreaterThanOrEqual(helpedShareMin);
  expect(share("fixed")).toBeGreaterThanOrEqual(fixedShareMin);
});

test("the table stands as it is written", () => {
  const rows = found.map(({ typed, exit, code, printed, effect }) => [typed, String(exit), code, printed, effect]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | "));
  const head = text.split("\n").filter((line) => line.startsWith("#"));
  const whole = `${[...head, ...lines].join("\n")}\n`;
  if (isUpdating) writeFileSync(path, whole);
  expect(isUpdating ? readFileSync(path, "utf8") : whole).toBe(isUpdating ? whole : text);
});
