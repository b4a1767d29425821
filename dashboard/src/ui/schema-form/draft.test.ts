import { ApiError } from "@gantry/sdk/client";
import { expect, test } from "vitest";
import { draftOf, filledIn, type Draft } from "./draft.ts";
import { labelOf, type JsonSchema } from "./schema.ts";
import { homeless, problemAt, serverProblems } from "./server-problems.ts";
import { texts } from "./texts.ts";

const { words } = texts.en;
const schema: JsonSchema = {
  type: "object",
  properties: {
    service: { type: "string", minLength: 2 },
    port: { type: "integer", minimum: 1, default: 80 },
    size: { enum: ["small", "large"] },
    level: { enum: [1, 2] },
    drain: { type: "boolean", default: true },
    hosts: { type: "array", items: { type: "string" } },
    env: { type: "object", propertyNames: { type: "string" }, additionalProperties: { type: "string" }, default: {} },
    tokens: { type: "object", additionalProperties: { type: "string", format: "secret" } },
    health: {
      type: "object",
      properties: { path: { type: "string" }, status: { type: "integer" } },
      required: ["path"],
    },
    source: {
      anyOf: [
        { type: "object", properties: { kind: { const: "git" }, url: { type: "string" } }, required: ["kind", "url"] },
        {
          type: "object",
          properties: { kind: { const: "file" }, text: { $ref: "#/$defs/long" } },
          required: ["kind", "text"],
        },
      ],
    },
    extra: { $ref: "#/$defs/any" },
  },
  required: ["service", "size", "source"],
  $defs: {
    long: { type: "string", maxLength: 10_000 },
    any: { anyOf: [{ type: "string" }, { type: "array", items: { $ref: "#/$defs/any" } }] },
  },
};
const fill = (draft: Draft) => filledIn(schema, schema, draft, { words });

test("a form shows the values that it is given, and gives them back as they were", () => {
  const value = {
    service: "shop",
    port: 8080,
    size: "large",
    level: 2,
    drain: false,
    hosts: ["a", "b"],
    env: { REGION: "eu", "with.dots": "x" },
    tokens: { API: "api-token" },
    health: { path: "/health", status: 204 },
    source: { kind: "file", text: "hello" },
    extra: ["deep", ["er"]],
  };
  expect(fill(draftOf(schema, schema, value))).toEqual({ value, problems: {} });
});

test("an empty form has the schema's defaults, leaves out what is optional, and says what is needed", () => {
  const { value, problems } = fill(draftOf(schema, schema));
  expect(value).toEqual({ port: 80, drain: true, source: { kind: "git" } });
  expect(problems).toEqual({ service: words.needed, size: words.needed, "source.url": words.needed });
});

test("what isn't a number yet stays as it was typed, and is said at its field", () => {
  const draft = draftOf(schema, schema, { service: "shop", size: "small", source: { kind: "git", url: "x" } });
  if (draft.kind !== "object") throw new Error("It is an object.");
  const typed = (port: string, status: string): Draft => ({
    kind: "object",
    fields: {
      ...draft.fields,
      service: { kind: "text", text: "s" },
      port: { kind: "text", text: port },
      health: { kind: "object", fields: { path: { kind: "text", text: "" }, status: { kind: "text", text: status } } },
    },
  });
  expect(fill(typed("8o", "1.5")).problems).toEqual({
    service: words.shortest(2),
    port: words.number,
    "health.status": words.whole,
  });
  expect(fill(typed("0", "200")).problems).toEqual({
    service: words.shortest(2),
    port: words.least(1),
    "health.path": words.needed,
  });
  expect(JSON.parse(JSON.stringify(typed("8o", "1.5")))).toEqual(typed("8o", "1.5"));
});

test("names of entries must be there, once each", () => {
  const pair = (name: string) => ({ name, value: { kind: "text", text: "x" } as const });
  const env = (names: string[]) =>
    filledIn(
      schema.properties?.["env"] ?? {},
      schema,
      { kind: "record", pairs: names.map(pair) },
      { words, path: "env" },
    );
  expect(env(["A", "A"]).problems).toEqual({ env: words.twice("A") });
  expect(env(["A", ""]).problems).toEqual({ env: words.name });
  expect(env(["A", "__proto__"])).toMatchObject({ problems: {} });
});

test("what the server says finds its field, or stands above the form", () => {
  const problems = { "env.REGION": "no such region", other: "not known", "": "too much" };
  expect(problemAt(problems, "env")).toBeNull();
  expect(problemAt(problems, "env", true)).toBe("REGION: no such region");
  expect(homeless(problems, ["env"])).toEqual(["other: not known", "too much"]);
});

test("a refusal of the server is told apart by fields, of parameters and of any other part of the request", () => {
  const problem = { type: "", title: "", status: 422, detail: "", code: "x", retryable: false, requestId: "r" };
  const problems = [{ path: "to", message: "too far" }];
  expect(serverProblems(new ApiError({ ...problem, details: { problems } }))).toEqual({ to: "too far" });
  const errors = [
    { path: "source.cron", message: "no such time" },
    { path: "name", message: "taken" },
  ];
  expect(serverProblems(new ApiError({ ...problem, errors }), "source")).toEqual({ cron: "no such time" });
  expect(serverProblems(new ApiError({ ...problem, errors }), "")["name"]).toBe("taken");
  expect(serverProblems(new Error("offline"))).toEqual({});
});

test("labels are words", () => {
  expect(labelOf("drainMs", {})).toBe("Drain ms");
  expect(labelOf("image_tag", {})).toBe("Image tag");
  expect(labelOf("x", { title: "Kind" })).toBe("Kind");
});
