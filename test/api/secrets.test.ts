/** A value marked secret is asked for and never given: not in an event, an answer, a stream or a failure. */
import { expect, test } from "bun:test";
import { z } from "zod";
import { contract } from "../../src/api/contract.ts";
import { StrataEvent } from "../../src/events/catalog.ts";
import { Failure, Progress } from "../../src/model/operation.ts";
import { secret } from "../../src/model/secret.ts";

const hasSecret = (schema: z.ZodType): boolean => JSON.stringify(z.toJSONSchema(schema)).includes('"writeOnly":true');

test("the mark is seen however deep it stands", () => {
  expect(
    hasSecret(z.object({ a: z.array(z.union([z.number(), z.object({ b: secret(z.string()).optional() })])) })),
  ).toBe(true);
  expect(hasSecret(z.object({ a: z.string() }))).toBe(false);
  expect(hasSecret(contract["instance.launch"].input)).toBe(true);
});

test("no event, failure or progress holds a secret", () =>
  expect([StrataEvent, Failure, Progress].filter(hasSecret)).toEqual([]));

test("no call gives one away", () =>
  expect(Object.entries(contract).flatMap(([name, { output }]) => (hasSecret(output) ? [name] : []))).toEqual([]));
