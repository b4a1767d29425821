import { expect, test } from "vitest";
import { afterAddress, type Typed } from "./use-typed.ts";

const typing: Typed = { text: "abc", address: "", said: ["a", "ab", "abc"] };

test("what is typed stays while the address catches up with it, also where it leaves some out", () => {
  const caughtUp = afterAddress(afterAddress(typing, "a"), "abc");
  expect(caughtUp).toEqual({ text: "abc", address: "abc", said: [] });
});

test("an address that was changed otherwise is what stands in the field", () => {
  expect(afterAddress(typing, "else")).toEqual({ text: "else", address: "else", said: [] });
  expect(afterAddress({ text: "abc", address: "abc", said: [] }, "").text).toBe("");
});
