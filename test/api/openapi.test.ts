/** The API's document: whole by the rules of OpenAPI 3.1, complete by the contract, and true of a real daemon asked by plain HTTP. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv2020 from "ajv/dist/2020.js";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contract } from "../../src/api/contract.ts";
import { openApi } from "../../src/api/openapi.ts";
import { startCli } from "../commands/stand-in.ts";

interface Operation {
  operationId: string;
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
  "x-open-frame"?: object;
}
type Document = {
  paths: Record<string, { get?: Operation; post?: Operation }>;
  components: { schemas: Record<string, object> };
};
const document = openApi("1.2.3") as unknown as Document;

describe("the document", () => {
  test("is OpenAPI 3.1, and a fault in it would be found", async () => {
    expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true });
    const broken = { ...structuredClone(document), paths: { "/v1/x": { post: { responses: { 200: {} } } } } };
    expect((await new Validator().validate(broken)).valid).toBe(false);
  });

  test("has every call once, in the way it is called", () => {
    const found = Object.entries(document.paths).map(([path, { get, post }]) => [path, get ? "get" : post && "post"]);
    const expected = Object.entries(contract).map(([name, { kind }]) => [
      `/v1/${name}`,
      kind === "frames" ? "get" : "post",
    ]);
    expect(found).toEqual([...expected, ["/v1/openapi.json", "get"]]);
  });

  test("streams are lines of JSON, frames say what the first one holds", () => {
    expect(Object.keys(document.paths["/v1/event.feed"]?.post?.responses["200"]?.content ?? {})).toEqual([
      "application/x-ndjson",
    ]);
    expect(document.paths["/v1/session.open"]?.get?.["x-open-frame"]).toMatchObject({
      properties: { words: { type: "array" } },
    });
  });

  test("says each noun once, and refers to no other place", () => {
    const text = JSON.stringify(document);
    expect(text.match(/"startedAt":/g)?.length).toBe(3); // of InstanceView, InstanceMetrics and DaemonStatus
    expect(text).not.toContain("$defs");
    for (const [, name = ""] of text.matchAll(/#\/components\/schemas\/(\w+)/g))
      expect(document.components.schemas).toHaveProperty(name);
  });
});

const scratch = mkdtempSync(join(tmpdir(), "strata-openapi-"));
const run = (...argv: string[]) =>
  startCli(argv, { STRATA_HOME: join(scratch, "data"), XDG_RUNTIME_DIR: scratch }).result();
let socket = "";
beforeAll(async () => {
  await run("list");
  socket = (JSON.parse((await run("daemon", "status", "--json")).stdout) as { socket: string }).socket;
}, 60_000);
afterAll(async () => {
  await run("daemon", "stop");
  rmSync(scratch, { recursive: true, force: true });
}, 60_000);

/** One request by a plain HTTP client; the answer's status and body. */
function http(method: string, path: string, body = ""): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: socket, method, path }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode, body: text }));
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

/** What the document promises of a schema, checked by a JSON Schema library. */
function fits(schema: object | undefined, value: unknown): void {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const check = ajv.compile({ ...schema, components: document.components });
  expect([check(value), check.errors]).toEqual([true, null]);
}

describe("a daemon", () => {
  test("serves the document that strata api prints without one", async () => {
    const served = await http("GET", "/v1/openapi.json");
    const printed = await startCli(["api"], { STRATA_HOST: "/nonexistent/api.sock" }).result();
    expect([served.status, printed.code]).toEqual([200, 0]);
    expect(JSON.parse(served.body)).toEqual(JSON.parse(printed.stdout));
  });

  test.each([
    ["daemon.status", {}],
    ["settings.list", {}],
    ["instance.list", {}],
    ["history.list", { limit: 10, reverse: false }],
    ["settings.set", { command: Bun.randomUUIDv7(), key: "driver.accelerator", value: "tcg" }],
  ] as const)("does %s as the document says", async (name, input) => {
    const operation = document.paths[`/v1/${name}`]?.post;
    fits(operation?.requestBody?.content["application/json"]?.schema, input);
    const { status, body } = await http("POST", `/v1/${name}`, JSON.stringify(input));
    expect(status).toBe(200);
    fits(operation?.responses["200"]?.content?.["application/json"]?.schema, JSON.parse(body));
  });

  test("streams and errors are as the document says", async () => {
    const feed = await http("POST", "/v1/event.feed", JSON.stringify({ after: 0, follow: false }));
    const lines = feed.body.split("\n").filter((line) => line.startsWith("{"));
    expect(lines.length).toBeGreaterThan(1);
    const item = document.paths["/v1/event.feed"]?.post?.responses["200"]?.content?.["application/x-ndjson"]?.schema;
    for (const line of lines) fits(item, JSON.parse(line));
    const refused = await http("POST", "/v1/instance.start", "{}");
    expect(refused.status).toBe(400);
    fits(document.components.schemas["Error"], JSON.parse(refused.body));
  });
});
