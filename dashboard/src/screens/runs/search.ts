import { matching, oneOf, readAddress, uuid, type Read } from "../../data/address.ts";

export const sorts = ["-created", "created", "-finished", "finished"] as const;
export type Sort = (typeof sorts)[number];

const text: Read<string> = (value) => {
  const written = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  return typeof written === "string" && written.trim() !== "" ? written.trim().slice(0, 200) : undefined;
};
const moment: Read<string> = (value) => momentOf(text(value));
const name = matching<string>(/^[a-z][a-z0-9-]{0,62}$/);

/** What the address of the list says: the filter, the order, and which bulk action is looked at. */
const read = readAddress({
  text,
  /** Statuses separated by commas; which there are is known by who asks for runs. */
  status: (value) => joined((text(value)?.split(",") ?? []).filter((one) => /^[a-z_]+$/.test(one))),
  project: name,
  environment: name,
  runbook: text,
  requester: text,
  after: moment,
  before: moment,
  dry: oneOf("only", "none"),
  /** Also runs that are steps of others. */
  parts: (value): true | undefined => (value === true || value === "true" ? true : undefined),
  sort: oneOf(...sorts),
  bulk: uuid,
});
export type RunsSearch = ReturnType<typeof read>;

/** The router's `validateSearch`; without what isn't given. */
export function readSearch(search: Record<string, unknown>): RunsSearch {
  return Object.fromEntries(Object.entries(read(search)).filter(([, value]) => value !== undefined));
}

export const joined = (statuses: readonly string[]): string | undefined =>
  statuses.length === 0 ? undefined : [...new Set(statuses)].join(",");

/** What of the address is worth keeping under a name: not what is only looked at now. */
export function savedPart({ bulk: _, ...search }: RunsSearch): RunsSearch {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined));
}

function momentOf(value: string | undefined): string | undefined {
  const at = value === undefined ? Number.NaN : Date.parse(value);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}
