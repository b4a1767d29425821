import { expect, test } from "vitest";
import type { Json } from "@gantry/sdk";
import { differencesOf } from "./differences.ts";

const room = () => ({ left: 100, omitted: 0 });

test("differences are found leaf by leaf, whatever the order of keys, with what is missing left out", () => {
  const a = { x: 1, list: [1, 2], same: { deep: [true] }, "odd key": { y: null } };
  const b = { same: { deep: [true] }, list: [1, 3, 4], x: 2, "odd key": { y: "z" } };
  expect(differencesOf(a, b, room())).toEqual([
    { path: "x", a: 1, b: 2 },
    { path: "list[1]", a: 2, b: 3 },
    { path: "list[2]", b: 4 },
    { path: '["odd key"].y', a: null, b: "z" },
  ]);
  expect(differencesOf(undefined, { a: 1 }, room(), "step")).toEqual([{ path: "step", b: { a: 1 } }]);
  expect(differencesOf([1], { 0: 1 }, room())).toEqual([{ path: "", a: [1], b: { 0: 1 } }]);
});

test("secrets are masked by name and by form, references to secrets are shown", () => {
  const differ = (a: Json, b: Json) => differencesOf(a, b, room());
  expect(differ({ dbPassword: "old" }, { dbPassword: "new" })).toEqual([
    { path: "dbPassword", a: "[redacted]", b: "[redacted]" },
  ]);
  expect(differ({ token: { value: "a", id: 1 } }, { token: { value: "b", id: 1 } })).toEqual([
    { path: "token", a: "[redacted]", b: "[redacted]" },
  ]);
  expect(differ({ url: "https://me:pw1@host" }, { url: "https://me:pw2@host" })).toEqual([
    { path: "url", a: "https://me:[redacted]@host", b: "https://me:[redacted]@host" },
  ]);
  expect(differ({ key: null }, { key: { inner: [`ghp_${"a".repeat(36)}`] } })).toEqual([
    { path: "key", a: null, b: { inner: ["[redacted]"] } },
  ]);
  expect(differ({ apiKey: { $secret: "one" } }, { apiKey: { $secret: "two" } })).toEqual([
    { path: "apiKey", a: { $secret: "one" }, b: { $secret: "two" } },
  ]);
});

test("long values are cut but told apart, and what has no room is counted", () => {
  const long = "x".repeat(1_000);
  const [first] = differencesOf(`${long}1`, `${long}2`, room());
  expect(first?.a).toMatch(/^x{200}… \(1001 characters, sha256:[0-9a-f]{12}…\)$/);
  expect(first?.a).not.toBe(first?.b);
  const small = { left: 2, omitted: 0 };
  expect(differencesOf([1, 2, 3, 4], [5, 6, 7, 8], small)).toHaveLength(2);
  expect(small.omitted).toBe(2);
});
