import { expect, test } from "vitest";
import { createUuidV7 } from "./uuid-v7.ts";

test("ids sort in the order they were made, within one millisecond, past 4,096 of them, and when the clock is set back", () => {
  let now = 1_700_000_000_000;
  const newId = createUuidV7(() => now);
  const ids = Array.from({ length: 10_000 }, newId);
  now -= 60_000;
  ids.push(...Array.from({ length: 10 }, newId));
  now += 120_000;
  ids.push(newId());
  expect(ids).toEqual(ids.toSorted());
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
