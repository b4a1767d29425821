import { api, type DelegationView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import {
  findDelegation,
  insertDelegation,
  listDelegations,
  revokeDelegation,
  type DelegationRow,
} from "../../store/runs/approval-delegations.ts";
import type { Queryable } from "../../store/organization.ts";
import { requireScope } from "./caller.ts";
import { readCursor, signCursor } from "../http/cursor.ts";
import type { ApiDeps } from "../deps.ts";
import { InvalidRequestError, NotAnApproverError, NotFoundError } from "../errors.ts";
import { route } from "../http/route.ts";

const maximumMs = 90 * 24 * 3_600_000;

/** Rights to approve that people lend each other. */
export function delegationRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { create, list, revoke } = api.delegations;

  route(app, deps, create, async ({ body, caller, tx, id }) => {
    const { group, to, reason } = body;
    // Their own right, not one that was lent to them.
    if (!caller.groups.includes(group)) throw new NotAnApproverError([group], caller.groups);
    const until = new Date(body.until);
    const left = until.getTime() - deps.now();
    if (left <= 0 || left > maximumMs)
      throw new InvalidRequestError([{ path: "until", message: "must lie within the next 90 days" }]);
    return tx(async (db) => {
      const { org, actor } = caller;
      await insertDelegation(db, { org, id, group, delegator: actor.id, delegate: to, reason, until });
      const lent = await findDelegation(db, org, id);
      if (lent === null)
        throw new InvalidRequestError([{ path: "to", message: "must be another person of the organization" }]);
      return view(lent);
    });
  });

  route(app, deps, list, async ({ query, caller, tx }) => {
    const belongsTo = ["delegations", caller.org];
    const before = query.cursor === undefined ? null : (readCursor(deps.keyring, belongsTo, query.cursor) as never);
    const found = await tx((db) => listDelegations(db, caller.org, before, query.limit + 1));
    const page = found.slice(0, query.limit);
    const last = found.length > query.limit ? page.at(-1) : undefined;
    return {
      items: page.map(view),
      next: last === undefined ? null : signCursor(deps.keyring, belongsTo, { at: last.at, id: last.id }),
    };
  });

  route(app, deps, revoke, async ({ params, caller, tx, demand }) => {
    const { org, actor } = caller;
    const { from, to } = await tx((db) => requireDelegation(db, org, params.delegation));
    if (from.id !== actor.id && to.id !== actor.id) {
      // Who takes others' rights takes their roles, too.
      requireScope(caller, "admin");
      await demand("roles.revoke");
    }
    return tx(async (db) => {
      await revokeDelegation(db, org, params.delegation, actor.id);
      return view(await requireDelegation(db, org, params.delegation));
    });
  });
}

async function requireDelegation(db: Queryable, org: string, id: string): Promise<DelegationRow> {
  const row = await findDelegation(db, org, id);
  if (row === null) throw new NotFoundError();
  return row;
}

function view({ at: _, createdAt, until, revokedAt, ...row }: DelegationRow): DelegationView {
  return {
    ...row,
    createdAt: createdAt.toISOString(),
    until: until.toISOString(),
    revokedAt: revokedAt?.toISOString() ?? null,
  };
}
