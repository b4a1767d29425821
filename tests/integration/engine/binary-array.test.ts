import { expect, test } from "vitest";
import { createTestPools } from "../../support/pools.ts";
import {
  bigintArray,
  boolArray,
  intArray,
  jsonArray,
  textArray,
  uuidArray,
} from "../../../platform/src/store/journal/binary-array.ts";
import { storableKey } from "../../../platform/src/store/journal/slots.ts";

test("Postgres reads every kind of array as it was given, nulls and empty ones included", async () => {
  await using pools = await createTestPools();
  const id = "01a1fdf7-4b5b-7000-89ed-6d162ef8e2b1";
  const text = ['quo"te', "back\\slash", "{brace},", "", null, "ünïcödé 🚦"];
  const { rows } = await pools.engine.query(
    "SELECT $1::uuid[] AS u, $2::int[] AS i, $3::bigint[]::text[] AS b, $4::bool[] AS o, $5::text[] AS t, $6::json[]::text[] AS j, $7::text[] AS e",
    [
      uuidArray([id]),
      intArray([-1, 2 ** 31 - 1]),
      bigintArray([null, 2 ** 40]),
      boolArray([true, false]),
      textArray(text),
      jsonArray([JSON.stringify({ nul: "\0", lone: "\ud800" }), null]),
      textArray([]),
    ],
  );
  expect(rows).toEqual([
    {
      u: [id],
      i: [-1, 2 ** 31 - 1],
      b: [null, String(2 ** 40)],
      o: [true, false],
      t: text,
      j: ['{"nul":"\\u0000","lone":"\\ud800"}', null],
      e: [],
    },
  ]);
});

test("a key that Postgres can't keep as text, or that is too long for an index, goes by its digest", () => {
  expect(storableKey("prod/db")).toBe("prod/db");
  for (const key of ["nul\0", "lone\ud800", "x".repeat(501)]) expect(storableKey(key)).toMatch(/^sha256:/);
});
