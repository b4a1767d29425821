import type { RunSummary } from "@gantry/sdk/api";
import { expect, test } from "vitest";
import { pageOf, renewed, rowsOf, touchedBy, type RunsPage } from "./pages.ts";

const start = Date.parse("2026-01-31T12:00:00Z");
const idAt = (n: number): string =>
  (start + n)
    .toString(16)
    .padStart(12, "0")
    .replace(/^(.{8})/, "$1-") + "-7000-8000-000000000000";
const run = (n: number): RunSummary =>
  ({ id: idAt(n), createdAt: new Date(start + n).toISOString(), finishedAt: null, status: "running" }) as RunSummary;
const page = (from: number, to: number, next: string | null): RunsPage =>
  pageOf({ items: Array.from({ length: from - to + 1 }, (_, index) => run(from - index)), next }, "-created");
const numbers = (runs: readonly RunSummary[]) => runs.map(({ createdAt }) => Date.parse(createdAt) - start);

test("newer runs come in on top, and what they push out of a page isn't lost", () => {
  const renewedPage = renewed(page(10, 6, "c"), { items: [12, 11, 10, 9, 8].map(run), next: "d" }, "-created");
  expect(numbers(renewedPage.items)).toEqual([12, 11, 10, 9, 8, 7, 6]);
  expect(renewedPage.next).toBe("c");
});

test("runs that fit no more are gone, and what moves up from the page behind stays there", () => {
  const renewedPage = renewed(page(10, 6, "c"), { items: [10, 9, 6, 5, 4].map(run), next: "d" }, "-created");
  expect(numbers(renewedPage.items)).toEqual([10, 9, 6]);
});

test("the last page grows", () => {
  const grown = renewed(page(3, 1, null), { items: [4, 3, 2].map(run), next: "c" }, "-created");
  expect([numbers(grown.items), grown.next]).toEqual([[4, 3, 2], "c"]);
});

test("an event touches the page that shows its run, or the one where it would be", () => {
  const pages = [page(10, 6, "c"), page(5, 1, "d")];
  expect(touchedBy(idAt(8), pages, "-created")).toEqual([0]);
  expect(touchedBy(idAt(2), pages, "-created")).toEqual([1]);
  expect(touchedBy(idAt(11), pages, "-created")).toEqual([0]);
  expect(touchedBy(idAt(0), pages, "-created")).toEqual([]);
  expect(touchedBy(idAt(2), pages, "-finished")).toEqual([1, 0]);
});

test("a run that two pages have is one row", () => {
  expect(numbers(rowsOf([page(3, 2, "c"), page(2, 1, null)]))).toEqual([3, 2, 1]);
});
