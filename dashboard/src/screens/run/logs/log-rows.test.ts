import { expect, test } from "vitest";
import { createLogRows, type RowsView } from "./log-rows.ts";
import { createLogStore } from "./log-store.ts";

const at = "2026-01-01T00:00:00.000Z";

function rows(view: Partial<RowsView> = {}) {
  const store = createLogStore();
  store.add({ attempt: "a", stream: "stdout", at, text: "0\n1\n" });
  store.add({ attempt: "b", stream: "stdout", at, text: "0\n" });
  store.add({ attempt: "a", stream: "stderr", at, text: "2\n" });
  store.add({ attempt: "a", stream: "stdout", at, text: "3\n" });
  return createLogRows(store, { folded: new Set(), errorsOnly: false, failed: new Set(), ...view });
}

const read = (made: ReturnType<typeof rows>): string[] =>
  Array.from({ length: made.count }, (_, index) => {
    const row = made.at(index);
    return `${row?.log.attempt ?? "?"}${row?.line ?? ""}`;
  });

test("attempts stand one below the other, each under its heading, and rows are found by what they are", () => {
  const all = rows();
  expect(read(all)).toEqual(["a", "a0", "a1", "a2", "a3", "b", "b0"]);
  expect([all.indexOf("a", 3), all.indexOf("b", 0), all.indexOf("b", 1), all.indexOf("c", 0)]).toEqual([4, 6, -1, -1]);
  expect([all.headingOf("b"), all.headingOf("c")]).toEqual([5, -1]);
  expect([all.at(-1), all.at(7)]).toEqual([null, null]);
});

test("of a folded attempt its heading is left", () => {
  const folded = rows({ folded: new Set(["a"]) });
  expect(read(folded)).toEqual(["a", "b", "b0"]);
  expect(folded.indexOf("a", 2)).toBe(0);
});

test("errors only: the error stream, and all of what failed", () => {
  const errors = rows({ errorsOnly: true });
  expect(read(errors)).toEqual(["a", "a2"]);
  expect([errors.indexOf("a", 2), errors.indexOf("a", 1)]).toEqual([1, -1]);
  expect(read(rows({ errorsOnly: true, failed: new Set(["b"]) }))).toEqual(["a", "a2", "b", "b0"]);
});
