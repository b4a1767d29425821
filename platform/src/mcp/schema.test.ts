import type { JsonObject } from "@gantry/sdk";
import { expect, test } from "vitest";
import { inputSchemaOf, problemsOfOutput } from "./schema.ts";

/** Each refers to the next twice: what reads it naively goes through it 2^60 times. */
const doubling: JsonObject = {
  type: "object",
  properties: { x: { $ref: "#/$defs/a0" } },
  $defs: Object.fromEntries(
    Array.from({ length: 61 }, (_, at) => [
      `a${at}`,
      at === 60 ? { type: "number" } : { anyOf: [{ $ref: `#/$defs/a${at + 1}` }, { $ref: `#/$defs/a${at + 1}` }] },
    ]),
  ),
};
const own: JsonObject = {
  $ref: "#/$defs/n",
  $defs: { n: { anyOf: [{ $ref: "#/$defs/n" }, { type: "object", properties: { a: { $ref: "#/$defs/n" } } }] } },
};
const many: JsonObject = {
  type: "array",
  items: { anyOf: Array.from({ length: 1_000 }, (_, at) => ({ const: `x${at}` })) },
};
test.each([
  ["each part of which refers to the next twice", doubling, { x: "no number" }],
  ["that refers to itself", own, { a: { a: { a: 1 } } }],
  ["with a thousand choices for each of very many values", many, Array.from({ length: 100_000 }, () => 1)],
])("a schema of a server's %s holds nobody up", (_, schema, value) => {
  expect(problemsOfOutput(schema, value)).toEqual([]);
  const input = inputSchemaOf({ type: "object", properties: { value: schema }, $defs: schema["$defs"] ?? {} });
  expect(input.safeParse({ value }).success).toBe(true);
});

test("what a schema says is checked, also where it refers and gives a choice", () => {
  const schema: JsonObject = {
    type: "object",
    properties: { at: { $ref: "#/$defs/place" }, size: { anyOf: [{ type: "number" }, { enum: ["s", "m"] }] } },
    required: ["at"],
    $defs: { place: { type: "object", properties: { name: { type: "string" } }, required: ["name"] } },
  };
  expect(problemsOfOutput(schema, { at: { name: "here" }, size: "m" })).toEqual([]);
  expect(problemsOfOutput(schema, { at: {}, size: 3 })).toHaveLength(1);
  expect(inputSchemaOf(schema).safeParse({ at: { name: "here" }, size: true }).success).toBe(false);
});
