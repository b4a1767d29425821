import { RunStatus, type BulkFilter } from "@gantry/sdk/api";
import type { Client } from "@gantry/sdk/client";
import { z } from "zod";

export const sorts = ["-created", "created", "-finished", "finished"] as const;
export type Sort = (typeof sorts)[number];

/** The router reads what looks like a number or `true` as one; here all is text. What makes no sense is left out, so no address breaks. */
const text = z.unknown().transform((value) => {
  const written = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  return typeof written === "string" && written.trim() !== "" ? written.trim().slice(0, 200) : undefined;
});
const moment = text.transform((value) => {
  const at = value === undefined ? Number.NaN : Date.parse(value);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
});
const name = text.transform((value) =>
  value !== undefined && /^[a-z][a-z0-9-]{0,62}$/.test(value) ? value : undefined,
);

/** What the address of the list says: the filter, the order, and which bulk action is looked at. */
const Search = z.object({
  text,
  /** Statuses separated by commas. */
  status: text.transform((value) => joined((value?.split(",") ?? []).filter(isStatus))),
  project: name,
  environment: name,
  runbook: text,
  requester: text,
  after: moment,
  before: moment,
  dry: z.enum(["only", "none"]).optional().catch(undefined),
  /** Also runs that are steps of others. */
  parts: z.unknown().transform((value) => (value === true || value === "true" ? true : undefined)),
  sort: z.enum(sorts).optional().catch(undefined),
  bulk: z.uuid().optional().catch(undefined),
});
export type RunsSearch = Partial<z.output<typeof Search>>;

const nothing = Object.fromEntries(Object.keys(Search.shape).map((key) => [key, undefined]));

/** The router's `validateSearch`; without what isn't given. */
export function readSearch(search: Record<string, unknown>): RunsSearch {
  const read = Search.parse({ ...nothing, ...search });
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
}

export function isStatus(value: string): value is RunStatus {
  return RunStatus.safeParse(value).success;
}

export function statusesOf({ status }: RunsSearch): RunStatus[] {
  return (status?.split(",") ?? []).filter(isStatus);
}

export const joined = (statuses: readonly string[]): string | undefined =>
  statuses.length === 0 ? undefined : [...new Set(statuses)].join(",");

export type RunQuery = NonNullable<Parameters<Client["runs"]["list"]>[0]>;

export function queryOf(search: RunsSearch): RunQuery {
  const { text: words, status, project, environment, runbook, requester, after, before, dry, parts, sort } = search;
  return {
    text: words,
    status,
    project,
    environment,
    runbook,
    requester,
    createdAfter: after,
    createdBefore: before,
    dryRun: dry === undefined ? undefined : dry === "only" ? "true" : "false",
    subRuns: parts === true ? undefined : "false",
    sort: sort ?? "-created",
  };
}

/** The same runs for a bulk action; sub-runs go with their parents there. Empty where nothing narrows the list. */
export function bulkFilterOf(search: RunsSearch): BulkFilter {
  const { text: words, project, environment, runbook, requester, after, before, dry } = search;
  const statuses = statusesOf(search);
  return {
    ...(words === undefined ? {} : { text: words }),
    ...(statuses.length === 0 ? {} : { status: statuses }),
    ...(project === undefined ? {} : { project }),
    ...(environment === undefined ? {} : { environment }),
    ...(runbook === undefined ? {} : { runbook }),
    ...(requester === undefined ? {} : { requester }),
    ...(after === undefined ? {} : { createdAfter: after }),
    ...(before === undefined ? {} : { createdBefore: before }),
    ...(dry === undefined ? {} : { dryRun: dry === "only" }),
  };
}

/** What of the address is worth keeping under a name: not what is only looked at now. */
export function savedPart({ bulk: _, ...search }: RunsSearch): RunsSearch {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined));
}

/** `gantry runs list …` that shows the same. */
export function commandOf(search: RunsSearch): string {
  const { text: words, project, environment, runbook, requester, after, before, dry, sort } = search;
  const statuses = statusesOf(search);
  const option = (flag: string, value: string | undefined): string[] =>
    value === undefined ? [] : [flag, quoted(value)];
  return [
    "gantry runs list",
    ...(statuses.length === 0 ? [] : ["--status", ...statuses]),
    ...option("--project", project),
    ...option("--environment", environment),
    ...option("--runbook", runbook),
    ...option("--requester", requester),
    ...option("--text", words),
    ...option("--created-after", after),
    ...option("--created-before", before),
    ...(dry === "only" ? ["--dry-run"] : []),
    ...(sort === undefined || sort === "-created" ? [] : [`--sort=${sort}`]),
  ].join(" ");
}

const quoted = (value: string): string =>
  /^[\w.:/@%+=-]+$/.test(value) && !value.startsWith("-") ? value : `'${value.replaceAll("'", `'\\''`)}'`;
