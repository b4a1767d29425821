import type { BulkFilter, RunStatus } from "@gantry/sdk/api";
import { runStatuses } from "../../ui/run-statuses.ts";
import type { Client } from "@gantry/sdk/client";
import { commandLine } from "../../ui/command-line.ts";
import { joined, type RunsSearch } from "./search.ts";

function isStatus(value: string): value is RunStatus {
  return (runStatuses as readonly string[]).includes(value);
}

export function statusesOf({ status }: RunsSearch): RunStatus[] {
  return (status?.split(",") ?? []).filter(isStatus);
}

export type RunQuery = NonNullable<Parameters<Client["runs"]["list"]>[0]>;

export function queryOf(search: RunsSearch): RunQuery {
  const { text: words, project, environment, runbook, requester, after, before, dry, parts, sort } = search;
  return {
    text: words,
    status: joined(statusesOf(search)),
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

/** `npx gantry runs list …` that shows the same. */
export function commandOf(search: RunsSearch): string {
  const { text: words, project, environment, runbook, requester, after, before, dry, sort } = search;
  const statuses = statusesOf(search);
  return commandLine(["runs", "list"], {
    status: statuses,
    project,
    environment,
    runbook,
    requester,
    text: words,
    "created-after": after,
    "created-before": before,
    "dry-run": dry === "only",
    sort: sort === "-created" ? null : sort,
  });
}
