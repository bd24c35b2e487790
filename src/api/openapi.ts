/** The OpenAPI 3.1 document, made from the contract: a path per call, schemas by the names they have here. */
import { z } from "zod";
import { exitCodes } from "../errors.ts";
import { Health, Power, Specs, StopCause } from "../model/instance.ts";
import { InstanceMetrics, MetricSample } from "../model/metrics.ts";
import { Failure, OperationKind, OperationResult, Progress, Step } from "../model/operation.ts";
import { TerminalView } from "../model/terminal.ts";
import {
  AsOf,
  DaemonStatus,
  EventView,
  Explanation,
  HistoryRow,
  ImageView,
  InstanceView,
  OperationBrief,
  OperationRecord,
  StateWord,
} from "../model/view.ts";
import { frameLayouts } from "./bytes.ts";
import { Accepted, contract, Ended, Following } from "./contract.ts";
import {
  bodyBytesMax,
  framesProtocol,
  greetedHeader,
  greetingNeededCode,
  openApiPath,
  protocolVersion,
  streamType,
} from "./protocol.ts";
import { statuses } from "./wire.ts";

/** What the document says once and by name; other schemas stand where they are used. */
const nouns: Readonly<Record<string, z.ZodType>> = {
  Accepted,
  AsOf,
  DaemonStatus,
  Ended,
  EventView,
  Explanation,
  Failure,
  Following,
  Health,
  HistoryRow,
  ImageView,
  InstanceMetrics,
  InstanceView,
  MetricSample,
  OperationBrief,
  OperationKind,
  OperationRecord,
  OperationResult,
  Power,
  Progress,
  Specs,
  StateWord,
  Step,
  StopCause,
  TerminalView,
};

type Json = { readonly [key: string]: unknown };
type Call = (typeof contract)[keyof typeof contract];

const inputOf = (name: string) => `${name}.input`;
const outputOf = (name: string) => `${name}.output`;
const components = "#/components/schemas/";

/** `version` is strata's own. The document is the same for every daemon of one version. */
export function openApi(version: string): Json {
  const { schemas, parts } = schemasOf();
  return {
    openapi: "3.1.1",
    info: {
      title: "strata",
      version,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      description: `HTTP/1.1 over a unix socket; strata daemon status names it. Every call is a POST with a JSON object of at most ${bodyBytesMax} bytes, save those that upgrade to frames. A changing call carries a command id (UUIDv7) of the caller's choice: sent again, it is answered and not done again.`,
      "x-protocol": protocolVersion,
    },
    servers: [{ url: "http://strata", description: "the host's name means nothing: the socket is what counts" }],
    "x-exit-codes": exitCodes,
    paths: {
      ...Object.fromEntries(Object.entries(contract).map(([name, call]) => [`/v1/${name}`, pathOf(name, call, parts)])),
      [openApiPath]: { get: documentOperation },
    },
    components: { schemas: { ...schemas, Error: errorSchema }, responses: { Error: errorResponse } },
  };
}

const documentOperation: Json = {
  operationId: "openapi",
  summary: "This document",
  responses: {
    200: { description: "OpenAPI 3.1", content: { "application/json": { schema: { type: "object" } } } },
    default: { $ref: "#/components/responses/Error" },
  },
};

const errorSchema: Json = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "message", "hints", "exit"],
      properties: {
        code: { type: "string", pattern: "^[a-z0-9-]+$", description: "stable; what programs look at" },
        message: { type: "string" },
        hints: {
          type: "array",
          maxItems: 3,
          description: "label and text, for people",
          items: { type: "array", prefixItems: [{ type: "string" }, { type: "string" }], minItems: 2, maxItems: 2 },
        },
        exit: { enum: Object.values(exitCodes), description: "what the command line exits with: x-exit-codes" },
      },
    },
  },
};

const errorResponse: Json = {
  description: `The call failed; the status is one of ${statuses.join(", ")}. A stream that fails later ends with a line of this form.`,
  content: { "application/json": { schema: { $ref: `${components}Error` } } },
};

/** Every input and output at once, so that nouns with an id are said once. Inputs of frames travel in the open frame. */
function schemasOf(): { schemas: Json; parts: Readonly<Record<string, Json>> } {
  const shape = Object.fromEntries(
    Object.entries(contract).flatMap(([name, { kind, input, output }]): [string, z.ZodType][] => [
      [inputOf(name), input],
      ...(kind === "frames" ? [] : [[outputOf(name), output] as [string, z.ZodType]]),
    ]),
  );
  const metadata = z.registry<{ id: string }>();
  for (const [id, noun] of Object.entries(nouns)) metadata.add(noun, { id });
  const { properties, $defs } = z.toJSONSchema(z.object(shape), { io: "input", metadata });
  return relocated({ schemas: $defs ?? {}, parts: properties ?? {} }) as ReturnType<typeof schemasOf>;
}

/** A JSON Schema's own definitions are the document's components. */
function relocated(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relocated);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, each]) => key !== "id" || typeof each !== "string")
      .map(([key, each]) => [
        key,
        key === "$ref" && typeof each === "string" ? each.replace("#/$defs/", components) : relocated(each),
      ]),
  );
}

function pathOf(name: string, { kind }: Call, parts: Readonly<Record<string, Json>>): Json {
  const error = { default: { $ref: "#/components/responses/Error" } };
  const input = parts[inputOf(name)];
  if (kind === "frames") return { get: framesOperation(name, input, error) };
  const type = kind === "stream" ? streamType : "application/json";
  const what = kind === "stream" ? "One JSON object a line, until the end or until the caller goes" : "Done";
  return {
    post: {
      operationId: name,
      tags: [name.replace(/\..*/, "")],
      requestBody: { required: true, content: { "application/json": { schema: input } } },
      responses: { 200: { description: what, content: { [type]: { schema: parts[outputOf(name)] } } }, ...error },
    },
  };
}

function framesOperation(name: string, input: unknown, error: Json): Json {
  return {
    operationId: name,
    tags: [name.replace(/\..*/, "")],
    description: `Sent with "Connection: Upgrade" and "Upgrade: ${framesProtocol}". After the answer 101 both sides send frames: one byte type, four bytes length (big-endian), payload. The first is an open frame of the client with the JSON of x-open-frame; the last is exit or error.`,
    parameters: [
      { name: "Upgrade", in: "header", required: true, schema: { const: framesProtocol } },
      {
        name: greetedHeader,
        in: "header",
        description: `Given: daemon.hello was called before. Without it a daemon that has something to say refuses with ${greetingNeededCode}`,
        schema: { type: "string" },
      },
    ],
    "x-open-frame": input,
    "x-frames": frameLayouts,
    responses: { 101: { description: "Frames from now on" }, ...error },
  };
}
