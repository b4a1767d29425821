import { FinalStatus } from "@gantry/sdk";
import type { RunStatus } from "@gantry/sdk/core";

/** What lists of runs and bulk actions look for; absent: anything. `r` is the run. */
export interface RunFilter {
  status?: readonly RunStatus[] | undefined;
  project?: string | undefined;
  environment?: string | undefined;
  runbook?: string | undefined;
  /** Name or id. */
  requester?: string | undefined;
  /** In the goal, or what the id begins with. */
  text?: string | undefined;
  createdAfter?: string | undefined;
  createdBefore?: string | undefined;
  dryRun?: boolean | undefined;
  /** False: without runs that are steps of others. */
  subRuns?: boolean | undefined;
}

/** The conditions that are given and no others, so that the planner sees which index fits. `bind` takes a value and names it. */
export function runConditions(org: string, filter: RunFilter, bind: (value: unknown) => string): string[] {
  const of = bind(org);
  const { status, project, environment, runbook, requester, text, createdAfter, createdBefore, dryRun } = filter;
  return [
    `r.org = ${of}`,
    ...(status === undefined ? [] : statusConditions(status, bind)),
    ...(project === undefined
      ? []
      : [`r.project = (SELECT p.id FROM projects p WHERE p.org = ${of} AND p.name = ${bind(project)})`]),
    ...(environment === undefined ? [] : [`r.environment = ${bind(environment)}`]),
    ...(runbook === undefined ? [] : [`r.runbook = ${bind(runbook)}`]),
    ...(requester === undefined ? [] : [`${bind(requester)} IN (r.actor_name, r.actor::text)`]),
    ...(text === undefined
      ? []
      : [`(r.goal ILIKE ${bind(`%${literal(text)}%`)} OR starts_with(r.id::text, ${bind(text.toLowerCase())}))`]),
    ...(createdAfter === undefined ? [] : [`r.created_at > ${bind(createdAfter)}::timestamptz`]),
    ...(createdBefore === undefined ? [] : [`r.created_at < ${bind(createdBefore)}::timestamptz`]),
    ...(dryRun === undefined ? [] : [`r.dry_run = ${bind(dryRun)}`]),
    ...(filter.subRuns === false ? ["r.parent IS NULL"] : []),
  ];
}

/** A run has ended exactly when its status is an end: said once more in the words of the indexes. */
function statusConditions(statuses: readonly RunStatus[], bind: (value: unknown) => string): string[] {
  const ends: readonly string[] = FinalStatus.options;
  const ended = statuses.filter((status) => ends.includes(status)).length;
  const [only] = statuses;
  return [
    // An order by time comes out of an index for one status only.
    statuses.length === 1 ? `r.status = ${bind(only)}` : `r.status = ANY (${bind(statuses)}::text[])`,
    ...(ended === statuses.length ? ["r.finished_at IS NOT NULL"] : []),
    ...(ended === 0 ? ["r.finished_at IS NULL"] : []),
  ];
}

/** Text of a pattern that stands for itself. */
const literal = (text: string): string => text.replaceAll(/[\\%_]/g, "\\$&");
