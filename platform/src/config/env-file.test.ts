import { expect, test } from "vitest";
import { parseEnvFile } from "./env-file.ts";

test.each([
  ["A=1", { A: "1" }],
  ["  export A = 1  # why", { A: "1" }],
  ["A=pa$$word#1", { A: "pa$$word#1" }],
  [`A='a "b" \\n #c' # d`, { A: `a "b" \\n #c` }],
  [`A="a \\"b\\"\\nc"`, { A: 'a "b"\nc' }],
  ["A=", { A: "" }],
  ["\uFEFFA=1\r\nB=x=y\r\n", { A: "1", B: "x=y" }],
  ["# A=1\n\n", {}],
])("%j says %o", (text, expected) => {
  const { entries, unreadable } = parseEnvFile(text);
  expect(Object.fromEntries(entries.map(({ name, value }) => [name, value]))).toEqual(expected);
  expect(unreadable).toEqual([]);
});

test("lines that say nothing that can be read are counted, from 1", () => {
  expect(parseEnvFile(`ok=1\nA B=1\n1A=1\nA="x\nA='x' y\nA`).unreadable).toEqual([2, 3, 4, 5, 6]);
});
