import { expect, test } from "vitest";
import { groupThings } from "./tree.ts";

const thing = (name: string) => ({ name, action: "create" as const, parts: [] });

test("things are grouped by where they belong; keys in brackets may hold dots", () => {
  const names = ['module.shop.aws_instance.web["a.b"]', "module.shop.aws_instance.db", "output.url", "alone"];
  expect(groupThings(names.map(thing)).map(({ name, things }) => [name, things.length])).toEqual([
    ["module.shop.aws_instance", 2],
    ["output", 1],
    ["", 1],
  ]);
});
