import { z } from "zod";
import { readSearch, savedPart, type RunsSearch } from "./search.ts";

export const preference = "run-searches";

export interface SavedSearch {
  name: string;
  search: RunsSearch;
}

const Stored = z
  .array(z.object({ name: z.string().min(1).max(60), search: z.record(z.string(), z.unknown()) }))
  .max(30);

/** What is kept under the preference; what isn't of this form, as it was written by something else, counts as nothing. */
export function savedSearches(value: unknown): SavedSearch[] {
  const parsed = Stored.safeParse(value);
  return parsed.success ? parsed.data.map(({ name, search }) => ({ name, search: savedPart(readSearch(search)) })) : [];
}

/** Under a name that is there already it takes its place. */
export function withSearch(saved: readonly SavedSearch[], name: string, search: RunsSearch): SavedSearch[] {
  const others = saved.filter((one) => one.name !== name);
  return [...others, { name, search: savedPart(search) }].slice(-30).toSorted((a, b) => a.name.localeCompare(b.name));
}

export function withoutSearch(saved: readonly SavedSearch[], name: string): SavedSearch[] {
  return saved.filter((one) => one.name !== name);
}
