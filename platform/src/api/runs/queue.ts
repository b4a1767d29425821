import { api, type LiveStep, type QueueItem } from "@gantry/sdk/api";
import type { RunState } from "@gantry/sdk/core";
import type { FastifyInstance } from "fastify";
import { foldNewest } from "../../store/journal/live-steps.ts";
import { countQueue, listQueue, type QueuePosition, type QueueRow } from "../../store/runs/queue.ts";
import { readCursor, signCursor } from "../http/cursor.ts";
import type { ApiDeps } from "../deps.ts";
import { route } from "../http/route.ts";
import { runSummary } from "./run-view.ts";

/** What hasn't ended. Only the page's runs that workers have in hand are folded, so it costs the same however many there are. */
export function queueRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.queue.list, ({ query, caller, tx }) => {
    const { limit, cursor, group = null, sort, ...given } = query;
    const { status = null, on = null, project = null, environment = null, pool = null } = given;
    const filter = { status, on, project, environment, pool };
    const belongsTo = ["queue", caller.org, { ...filter, group, sort }];
    const after =
      cursor === undefined ? null : (readCursor(deps.keyring, belongsTo, cursor) as unknown as QueuePosition);
    return tx(async (db) => {
      const found = await listQueue(db, caller.org, { filter, group, sort }, after, limit + 1);
      const page = found.slice(0, limit);
      const inHand = page.filter(({ row }) => row.worker !== null).map(({ row }) => row.id);
      const states = await foldNewest(db, inHand);
      const { groups, statuses, on: waits } = await countQueue(db, caller.org, filter);
      const last = found.length > limit ? page.at(-1) : undefined;
      return {
        items: page.map(({ row }) => itemOf(row, states.get(row.id))),
        next: last === undefined ? null : signCursor(deps.keyring, belongsTo, { ...last.position }),
        counts: { groups: { in_line: 0, running: 0, waiting: 0, ...groups }, statuses, on: waits },
      };
    });
  });
}

function itemOf(row: QueueRow, state: RunState | undefined): QueueItem {
  const { group, pool, since, place, dueAt, worker, holder, ...run } = row;
  const frame = { group, pool, place, worker, holder, since: since.toISOString(), dueAt: dueAt?.toISOString() ?? null };
  return { ...runSummary(run), ...frame, steps: state === undefined ? [] : liveSteps(state) };
}

function liveSteps({ open, steps }: RunState): LiveStep[] {
  return [...open.values()].map(({ step: key, operation, number, startedAt, worker, host }) => {
    const step = steps.get(key)?.step;
    return {
      key,
      title: step?.title ?? step?.id ?? key,
      tool: step?.kind === "tool" ? step.tool : null,
      operation,
      attempt: number,
      since: new Date(startedAt).toISOString(),
      worker,
      host,
    };
  });
}
