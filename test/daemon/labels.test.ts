/** Labels from the command line to the log and back, over the real daemon with fake machines. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { startCli } from "../commands/stand-in.ts";
import { type Bed, createBed } from "../campaign/world/bed.ts";
import { seededRandom } from "../simulation/random.ts";

let bed: Bed;
beforeAll(async () => {
  bed = await createBed({ random: seededRandom(2), waitMsMax: 0 });
  await bed.start();
}, 60_000);
afterAll(() => bed.close(), 60_000);

const run = (...argv: string[]) => startCli(argv, { ...bed.environment, STRATA_HOST: bed.socket }).result();
const printed = async (...argv: string[]) => (await run(...argv)).stdout;

test("given at the launch, changed and taken away, they are shown, found by and told in the history", async () => {
  await run("launch", "tiny", "--name", "web", "--label", "use=demo", "--label", "app.example/part=front");
  await run("launch", "tiny", "--name", "db", "--label", "use=test");
  expect(await printed("info", "web")).toContain("labels    app.example/part=front\n          use=demo\n");
  expect(await printed("get", "local.web.label.use")).toBe("demo\n");
  expect(await printed("list", "-q", "--filter", "label=use=demo")).toBe("web\n");
  expect((await run("set", "local.web.label.use=test")).stderr).toStartWith("Set: local.web.label.use=test");
  expect(await printed("list", "-q", "--filter", "label=use=test")).toBe("db\nweb\n");
  expect(await printed("list", "-q", "--filter", "label=app.example/part")).toBe("web\n");
  await run("set", "local.web.label.use=");
  expect(JSON.parse(await printed("list", "--json")).list[1].labels).toEqual({ "app.example/part": "front" });
  const { history } = JSON.parse(await printed("history", "web", "--key", "label.use", "--json"));
  expect(history.map(({ change }: { change: unknown }) => change)).toEqual([
    { key: "label.use", before: "test", after: null },
    { key: "label.use", before: "demo", after: "test" },
    { key: "label.use", before: null, after: "demo" },
  ]);
  expect(await printed("get", "local.web.label.use", "--at", "1")).toBe("demo\n");
  expect(await printed("list", "-q", "--filter", "label=use=demo", "--at", "1")).toBe("web\n");
}, 60_000);

test.each([
  ["local.web.label.-x=1", "[label-invalid]"],
  ["local.web.label.x=a\u001b[2J", "[label-invalid]"],
  ["web.label.x=1", "did you mean  strata set local.web.label.x=1"],
  ["local.web.labels.x=1", "[setting-unknown]"],
])("set %p is refused", async (assignment, text) => {
  const { code, stderr } = await run("set", assignment);
  expect(code).toBe(1);
  expect(stderr).toContain(text);
});

test("one label more than there may be is refused, by the daemon too", async () => {
  const many = Array.from({ length: 33 }, (_, index) => ["--label", `k${index}=v`]).flat();
  expect((await run("launch", "tiny", ...many)).stderr).toContain("[labels-too-many]");
  const labels = Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`k${index}`, "v"]));
  const response = await fetch("http://strata/v1/instance.launch", {
    unix: bed.socket,
    method: "POST",
    body: JSON.stringify({ command: Bun.randomUUIDv7(), labels }),
  });
  expect(await response.json()).toMatchObject({ error: { code: "request-invalid" } });
}, 60_000);
