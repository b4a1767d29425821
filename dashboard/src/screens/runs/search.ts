import * as z from "zod/mini";
import { maybe } from "../../data/address.ts";

export const sorts = ["-created", "created", "-finished", "finished"] as const;
export type Sort = (typeof sorts)[number];

/** The router reads what looks like a number or `true` as one; here all is text. What makes no sense is left out, so no address breaks. */
const text = z.pipe(z.unknown(), z.transform(textOf));
const moment = z.pipe(text, z.transform(momentOf));
const name = z.pipe(
  text,
  z.transform((value) => (value !== undefined && /^[a-z][a-z0-9-]{0,62}$/.test(value) ? value : undefined)),
);

/** What the address of the list says: the filter, the order, and which bulk action is looked at. */
const Search = z.object({
  text,
  /** Statuses separated by commas; which there are is known by who asks for runs. */
  status: z.pipe(
    text,
    z.transform((value) => joined((value?.split(",") ?? []).filter((one) => /^[a-z_]+$/.test(one)))),
  ),
  project: name,
  environment: name,
  runbook: text,
  requester: text,
  after: moment,
  before: moment,
  dry: maybe(z.enum(["only", "none"])),
  /** Also runs that are steps of others. */
  parts: z.pipe(
    z.unknown(),
    z.transform((value) => (value === true || value === "true" ? true : undefined)),
  ),
  sort: maybe(z.enum(sorts)),
  bulk: maybe(z.uuid()),
});
export type RunsSearch = Partial<z.output<typeof Search>>;

const nothing = Object.fromEntries(Object.keys(Search.shape).map((key) => [key, undefined]));

/** The router's `validateSearch`; without what isn't given. */
export function readSearch(search: Record<string, unknown>): RunsSearch {
  const read = Search.parse({ ...nothing, ...search });
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
}

export const joined = (statuses: readonly string[]): string | undefined =>
  statuses.length === 0 ? undefined : [...new Set(statuses)].join(",");

/** What of the address is worth keeping under a name: not what is only looked at now. */
export function savedPart({ bulk: _, ...search }: RunsSearch): RunsSearch {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined));
}

function textOf(value: unknown): string | undefined {
  const written = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  return typeof written === "string" && written.trim() !== "" ? written.trim().slice(0, 200) : undefined;
}

function momentOf(value: string | undefined): string | undefined {
  const at = value === undefined ? Number.NaN : Date.parse(value);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}
