/** Requests made up from the contract's own schemas, and spoilt: one seed is one sequence. */
import { z } from "zod";
import { contract } from "../../src/api/contract.ts";
import type { Random } from "../simulation/random.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Schema = z.core.JSONSchema.BaseSchema;

const schemas = new Map(
  Object.entries(contract).map(([name, { input }]) => [name, z.toJSONSchema(input, { io: "input" }) as Schema]),
);
export const callNames = [...schemas.keys()];

const pick = <Item>(random: Random, items: readonly Item[]): Item => items[random.below(items.length)] as Item;

/** What people, and attackers, write where a name or a number is asked for. */
const texts = [
  "",
  " ",
  "web",
  "--force",
  "-h",
  "--",
  "../../etc/passwd",
  "/etc/passwd",
  "a\u0000b",
  "a\nb",
  "\u001b[2J\u001b]0;x\u0007",
  "$(reboot)",
  "`reboot`",
  "%s%n",
  "a,b=c",
  "\u202eevil",
  "\ud800",
  "__proto__",
  "constructor",
  "x".repeat(300),
  "x".repeat(5_000),
  "ﬁ",
  "0".repeat(64),
];
const values: readonly Json[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  2 ** 53,
  -(2 ** 63),
  1e308,
  [],
  {},
  [[]],
  { __proto__: 1 } as never,
  JSON.parse('{"__proto__":{"isAdmin":true},"constructor":{"prototype":1}}') as Json,
  ...texts,
];

/** A value that the schema allows, mostly. */
export function generate(schema: Schema, random: Random): Json {
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return generate(pick(random, options) as Schema, random);
  if (schema.const !== undefined) return schema.const as Json;
  if (schema.enum) return pick(random, schema.enum) as Json;
  switch (schema.type) {
    case "object":
      return generateObject(schema, random);
    case "array":
      return Array.from({ length: random.below(3) }, () => generate((schema.items ?? {}) as Schema, random));
    case "string":
      return generateText(schema, random);
    case "integer":
    case "number":
      return Math.max(schema.minimum ?? 0, Math.min(schema.maximum ?? 100, 1 + random.below(20)));
    case "boolean":
      // A stream that follows would not end.
      return false;
    default:
      return pick(random, values);
  }
}

function generateObject(schema: Schema, random: Random): Json {
  const required = new Set(schema.required);
  const entries = Object.entries(schema.properties ?? {}).flatMap(([key, of]) =>
    required.has(key) || random.chance(0.5) ? [[key, generate(of as Schema, random)] as const] : [],
  );
  return Object.fromEntries(entries);
}

/** A UUIDv7 of now: an older one would be refused for its age. */
function commandId(random: Random): string {
  const time = Date.now().toString(16).padStart(12, "0");
  const digits = (count: number) => Array.from({ length: count }, () => random.below(16).toString(16)).join("");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${digits(3)}-8${digits(3)}-${digits(12)}`;
}

function generateText({ pattern, format, maxLength }: Schema, random: Random): string {
  if (format === "uuid" || pattern?.startsWith("^([0-9a-fA-F]{8}-")) return commandId(random);
  if (pattern?.includes("[0-9a-f]{64}")) return "a".repeat(64);
  return pick(random, texts).slice(0, maxLength ?? 10_000);
}

/** One place of the value replaced, removed or added to. */
function spoil(value: Json, random: Random): Json {
  if (Array.isArray(value) && value.length > 0 && random.chance(0.8))
    return value.with(random.below(value.length), pick(random, values));
  if (typeof value !== "object" || value === null || Array.isArray(value)) return pick(random, values);
  const object = value as { readonly [key: string]: Json };
  const keys = Object.keys(object);
  const key = pick(random, [...keys, "surplus", "__proto__"]);
  const rest = Object.fromEntries(Object.entries(object).filter(([each]) => each !== key));
  if (random.chance(0.2)) return rest;
  const next = random.chance(0.3) ? spoil(object[key] ?? null, random) : pick(random, values);
  return { ...rest, [key]: next };
}

/** Text that is JSON no more, or more of it than anybody needs. */
function spoilText(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  switch (random.below(5)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return `${text.slice(0, at)}\u0000${text.slice(at)}`;
    case 2:
      return "[".repeat(20_000) + text;
    case 3:
      return `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`;
    default:
      return text.replace(/\d+/, "9".repeat(400));
  }
}

export interface MadeUp {
  readonly call: string;
  readonly body: string;
  /** Does the contract take it? */
  readonly isValid: boolean;
  /** Would it follow for ever what happens? */
  readonly isEndless: boolean;
}

export function madeUpRequest(random: Random): MadeUp {
  const call = pick(random, callNames);
  let value = generate(schemas.get(call) ?? {}, random);
  for (let times = random.below(3); times > 0; times--) value = spoil(value, random);
  const text = JSON.stringify(value);
  const body = random.chance(0.15) ? spoilText(text, random) : text;
  const isStream = contract[call as keyof typeof contract].kind === "stream";
  const isEndless = isStream && (/^(history|metrics)\.follow$/.test(call) || /"follow":true/.test(body));
  return { call, body, isValid: isValid(call, body), isEndless };
}

function isValid(call: string, body: string): boolean {
  try {
    const entry = contract[call as keyof typeof contract];
    return entry.kind !== "frames" && entry.input.safeParse(JSON.parse(body === "" ? "{}" : body)).success;
  } catch {
    return false;
  }
}
