import { api, type OpenApproval } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { listOpenApprovals, type OpenApprovalRow } from "../store/open-approvals.ts";
import type { Caller } from "./caller.ts";
import { readCursor, signCursor } from "./cursor.ts";
import type { ApiDeps } from "./deps.ts";
import { route } from "./route.ts";

export function approvalRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.approvals.list, async ({ query, caller, tx }) => {
    const belongsTo = ["approvals", caller.org];
    const after = query.cursor === undefined ? null : (readCursor(deps.keyring, belongsTo, query.cursor) as never);
    const found = await tx((db) => listOpenApprovals(db, caller.org, after, query.limit + 1));
    const page = found.slice(0, query.limit);
    const last = found.length > query.limit ? page.at(-1) : undefined;
    return {
      items: page.map((row) => view(row, caller)),
      next: last === undefined ? null : signCursor(deps.keyring, belongsTo, { at: last.at, run: last.run }),
    };
  });
}

function view({ changeSet, createdAt, expiresAt, at: _, ...row }: OpenApprovalRow, caller: Caller): OpenApproval {
  const { gate, effect, counts, risk, blastRadius } = changeSet;
  const left = row.needed.filter(({ group, count }) => row.given.filter((one) => one.group === group).length < count);
  return {
    ...row,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
    mine:
      caller.scopes.includes("approve") &&
      row.requester.id !== caller.actor.id &&
      !row.given.some(({ actor }) => actor.id === caller.actor.id) &&
      left.some(({ group }) => caller.groups.includes(group)),
    changeSet: { gate, effect, counts, risk, blastRadius },
  };
}
