import { expect, test } from "vitest";
import { createLogSearch, type LogSearch, type Match } from "./log-search.ts";
import { createLogStore } from "./log-store.ts";

const at = "2026-01-01T00:00:00.000Z";
const never = () => false;
const nameOf = (match: Match | null): string => (match === null ? "none" : `${match.attempt}${match.line}`);

function search(wanted: string): { search: LogSearch; add: (attempt: string, text: string) => void } {
  const store = createLogStore();
  const add = (attempt: string, text: string) => store.add({ attempt, stream: "stdout", at, text });
  add("a", "an error\nfine\nER\u001b[31mROR\u001b[0m\n");
  add("b", "fine\n");
  add("c", "error, still gro");
  return { search: createLogSearch(store, wanted), add };
}

test("matches are counted and gone through in order, around the ends, both ways", () => {
  const { search: errors, add } = search("Error");
  expect(errors.advance(never)).toBe(true);
  expect(errors.count).toBe(2);
  add("c", "wing\nmore error\n");
  errors.advance(never);
  expect(errors.count).toBe(4);
  const forth = ["a0", "a2", "c0", "c1", "a0"];
  let match = errors.next(null, 1);
  for (const expected of forth) {
    expect(nameOf(match)).toBe(expected);
    match = errors.next(match, 1);
  }
  let back = errors.next(null, -1);
  for (const expected of ["c1", "c0", "a2", "a0", "c1"]) {
    expect(nameOf(back)).toBe(expected);
    back = errors.next(back, -1);
  }
  expect(errors.next({ attempt: "b", line: 0 }, 1)).toEqual({ attempt: "c", line: 0 });
  expect(errors.next({ attempt: "b", line: 0 }, -1)).toEqual({ attempt: "a", line: 2 });
  expect([errors.placeOf({ attempt: "c", line: 0 }), errors.placeOf({ attempt: "a", line: 1 })]).toEqual([3, 0]);
});

test("what isn't there has no match", () => {
  const { search: none } = search("nowhere");
  none.advance(never);
  expect([none.count, none.next(null, 1), none.next({ attempt: "a", line: 1 }, -1)]).toEqual([0, null, null]);
});

test("it looks through a long log in parts, each as long as there is time", () => {
  const store = createLogStore();
  store.add({ attempt: "a", stream: "stdout", at, text: "error\n".repeat(10_000) });
  const errors = createLogSearch(store, "error");
  let parts = 1;
  while (!errors.advance(() => true)) parts += 1;
  expect([errors.count, parts > 10]).toEqual([10_000, true]);
});
