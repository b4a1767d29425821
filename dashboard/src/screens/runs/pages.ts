import type { RunSummary } from "@gantry/sdk/api";
import type { Sort } from "./search.ts";

/** A page of the list as it was read, and where it ends: what is read anew for it reaches no further. */
export interface RunsPage {
  items: readonly RunSummary[];
  next: string | null;
  /** The last run when the page was first read; null: nothing comes behind it. */
  end: Position | null;
}

export interface Position {
  at: string;
  id: string;
}

export function pageOf({ items, next }: { items: readonly RunSummary[]; next: string | null }, sort: Sort): RunsPage {
  const last = items.at(-1);
  return { items, next, end: next === null || last === undefined ? null : positionOf(last, sort) };
}

/**
 * A page read anew, in place of the one before. It says everything about its part of the list; what it has no room for any more, as
 * newer runs came in above, stays as it was.
 */
export function renewed(old: RunsPage, fresh: Pick<RunsPage, "items" | "next">, sort: Sort): RunsPage {
  const { end } = old;
  if (end === null) return pageOf(fresh, sort);
  const within = fresh.items.filter((run) => order(positionOf(run, sort), end, sort) <= 0);
  const last = fresh.items.at(-1);
  const left =
    fresh.next === null || last === undefined
      ? []
      : old.items.filter((run) => order(positionOf(run, sort), positionOf(last, sort), sort) > 0);
  return { ...old, items: [...within, ...left] };
}

/** Each run once: it may have moved from one page to another while they were read. */
export function rowsOf(pages: readonly RunsPage[]): RunSummary[] {
  return [...new Map(pages.flatMap(({ items }) => items).map((run) => [run.id, run])).values()];
}

/** Which pages an event of a run may have changed: the one that shows it, or the one where it would now come in. */
export function touchedBy(run: string, pages: readonly RunsPage[], sort: Sort): number[] {
  const shown = pages.findIndex(({ items }) => items.some(({ id }) => id === run));
  const touched = new Set(shown < 0 ? [] : [shown]);
  if (sort === "-created" || sort === "created") {
    const at = { at: createdAt(run), id: run };
    const place = pages.findIndex(({ end }) => end === null || order(at, end, sort) <= 0);
    if (shown < 0 && place >= 0) touched.add(place);
  } else {
    // It ends now: the latest of all.
    const place = sort === "-finished" ? 0 : pages.findIndex(({ end }) => end === null);
    if (place >= 0) touched.add(place);
  }
  return [...touched];
}

/** A run's id begins with the milliseconds at which it was created (UUID version 7). */
function createdAt(id: string): string {
  const at = new Date(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16));
  return Number.isNaN(at.getTime()) ? "" : at.toISOString();
}

function positionOf({ id, createdAt: created, finishedAt }: RunSummary, sort: Sort): Position {
  return { at: sort.endsWith("created") ? created : (finishedAt ?? ""), id };
}

/** Below 0: `a` comes before `b`. */
function order(a: Position, b: Position, sort: Sort): number {
  const up = a.at === b.at ? compare(a.id, b.id) : compare(a.at, b.at);
  return sort.startsWith("-") ? -up : up;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
