import fc from "fast-check";
import { expect, test } from "vitest";
import { SecretReferenceInvalidError } from "./errors.ts";
import { findSecretRefs, resolveSecretRefs } from "./references.ts";

test("references are found at any depth, each name once", () => {
  const input = { a: { $secret: "one" }, b: [{ c: { $secret: "two" } }, { $secret: "one" }], d: "plain" };
  expect(findSecretRefs(input)).toEqual(["one", "two"]);
});

test("references are replaced, each secret is asked for once and reported for redaction", async () => {
  const asked: string[] = [];
  const input = { a: { $secret: "one" }, b: [{ $secret: "two" }, { $secret: "one" }], n: null, z: 1 };
  const resolved = await resolveSecretRefs(input, async (name) => {
    asked.push(name);
    return `value of ${name}`;
  });
  expect(resolved).toEqual({
    value: { a: "value of one", b: ["value of two", "value of one"], n: null, z: 1 },
    secrets: ["value of one", "value of two"],
  });
  expect(asked).toEqual(["one", "two"]);
  expect(input.a).toEqual({ $secret: "one" });
});

test("a value without references comes back unchanged, whatever its keys", async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      const never = () => Promise.reject(new Error("nothing to resolve"));
      expect(JSON.stringify((await resolveSecretRefs(value, never)).value)).toBe(JSON.stringify(value));
    }),
  );
  const hostile: unknown = JSON.parse('{"__proto__": {"a": {"$secret": "x"}}}');
  const { value } = await resolveSecretRefs(hostile, async () => "v");
  expect(JSON.stringify(value)).toBe('{"__proto__":{"a":"v"}}');
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
});

test("what only looks like a reference is refused, and the message says where", () => {
  for (const wrong of [
    { $secret: 1 },
    { $secret: "" },
    { $secret: "a", default: "b" },
    { $secret: { $secret: "a" } },
  ]) {
    expect(() => findSecretRefs({ list: [wrong] })).toThrow(SecretReferenceInvalidError);
    expect(() => findSecretRefs({ list: [wrong] })).toThrow("input.list[0]");
  }
});

test("an input nested too deeply is refused", () => {
  const deep: unknown = JSON.parse(`${"[".repeat(5000)}${"]".repeat(5000)}`);
  expect(() => findSecretRefs(deep)).toThrow(SecretReferenceInvalidError);
});
