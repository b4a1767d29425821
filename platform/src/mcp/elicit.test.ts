import { QuestionExpiredError, type AskRequest, type Json } from "@gantry/sdk";
import { expect, test } from "vitest";
import { z } from "zod";
import { elicit } from "./elicit.ts";

const asking = { server: "tracker", tool: "file", name: "first" };
const put = async (params: object, answer: Json = {}) => {
  const asked: AskRequest[] = [];
  const ask = (request: AskRequest) => {
    asked.push(request);
    return Promise.resolve(answer);
  };
  const result = await elicit({ ask }, asking, params);
  return { result, asked: asked[0] as AskRequest };
};
const form = (properties: object, required: string[] = []) => ({
  message: "Who?",
  requestedSchema: { type: "object", properties, required },
});

test("every kind of field that the protocol has becomes one that people fill in, and nothing else of a schema does", async () => {
  const { asked } = await put(
    form(
      {
        name: { type: "string", title: "Na\u{E0041}me", minLength: 1, pattern: "(a+)+$", default: "Jo", $ref: "#/x" },
        mail: { type: "string", format: "email" },
        size: { type: "string", enum: ["s", "l"], enumNames: ["Small", "Large"] },
        level: { type: "integer", minimum: 1, maximum: 9 },
        sure: { type: "boolean" },
        tags: { type: "array", items: { anyOf: [{ const: "a", title: "First" }] }, maxItems: 1 },
      },
      ["name", "unknown"],
    ),
  );
  expect(asked.schema).toEqual({
    type: ["object", "null"],
    properties: {
      name: { title: "Name", default: "Jo", type: "string", minLength: 1 },
      mail: { type: "string", format: "email" },
      size: {
        type: "string",
        oneOf: [
          { const: "s", title: "Small" },
          { const: "l", title: "Large" },
        ],
      },
      level: { type: "integer", minimum: 1, maximum: 9 },
      sure: { type: "boolean" },
      tags: { type: "array", items: { type: "string", oneOf: [{ const: "a", title: "First" }] }, maxItems: 1 },
    },
    required: ["name"],
    additionalProperties: false,
  });
  const check = z.fromJSONSchema(asked.schema);
  expect(check.safeParse({ size: "l", tags: ["a"] }).data).toEqual({ name: "Jo", size: "l", tags: ["a"] });
  for (const wrong of [{ size: "m" }, { tags: ["b"] }, { level: 0 }, { more: 1 }])
    expect(check.safeParse(wrong).success).toBe(false);
});

test("an answer, none, and nobody in time are told apart", async () => {
  const fields = form({ name: { type: "string" }, urgent: { type: "boolean", default: true } });
  expect((await put(fields, { name: "Jo" })).result).toEqual({
    action: "accept",
    content: { name: "Jo", urgent: true },
  });
  expect((await put(fields, null)).result).toEqual({ action: "decline" });
  const late = { ask: () => Promise.reject(new QuestionExpiredError("Who?")) };
  expect(await elicit(late, asking, fields as never)).toEqual({ action: "cancel" });
});

test("the answer to one question is never given to another", async () => {
  const names = [form({ a: { type: "string" } }), form({ b: { type: "string" } }), { ...form({}), message: "Sure?" }];
  const asked = await Promise.all(names.map(async (one) => (await put(one)).asked.name));
  expect(new Set(asked).size).toBe(3);
});

test.each([
  ["an address to go to", { mode: "url", message: "Sign in", url: "https://elsewhere.example" }],
  ["a field that holds fields", form({ deep: { type: "object", properties: {} } })],
  ["a name that nobody sees", form({ "a\u200Bb": { type: "string" } })],
  ["a choice that nobody sees", form({ a: { type: "string", enum: ["yes\u{E0041}"] } })],
  ["a hundred fields", form(Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`f${n}`, { type: "string" }])))],
  ["a field that is a prototype", form(JSON.parse('{"__proto__": {"type": "string"}}') as object)],
])("%s is put to nobody", async (_what, params) => {
  await expect(put(params)).rejects.toMatchObject({ code: "mcp_answer_invalid" });
});
