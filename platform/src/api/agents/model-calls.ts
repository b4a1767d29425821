import { api, type ModelCallView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { openContent } from "../../models/index.ts";
import { writeAudit } from "../../store/records/audit-records.ts";
import { findModelCall, findModelContent, listModelCalls, type CallRow } from "../../store/agents/model-contents.ts";
import { inOrganization } from "../../store/organization.ts";
import { whoOf } from "../http/audit-call.ts";
import type { ApiDeps } from "../deps.ts";
import { ModelContentMissingError, NotFoundError } from "../errors.ts";
import { route } from "../http/route.ts";

/** Each call of a model, and what was asked in it where the organization has that kept. */
export function modelCallRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.models.calls, async ({ query: { run = null, until, limit }, caller, tx }) => {
    const before = until === undefined ? null : new Date(until);
    const rows = await tx((db) => listModelCalls(db, { org: caller.org, run, until: before, limit }));
    return { items: rows.map(view) };
  });

  route(app, deps, api.models.content, async ({ params: { call: id }, caller, request, reply, tx }) => {
    const { org } = caller;
    const { call, kept } = await tx(async (db) => ({
      call: await findModelCall(db, org, id),
      kept: await findModelContent(db, org, id),
    }));
    if (call === null) throw new NotFoundError();
    if (kept === null) throw new ModelContentMissingError(id);
    const content = await openContent(deps.keys, { org, id }, kept.sealed);
    // Who reads what others asked is part of the trail; what couldn't be recorded isn't shown.
    await inOrganization(deps.pool, org, (db) =>
      writeAudit(db, {
        id: deps.newId(),
        ...whoOf(caller, request),
        action: api.models.content.id,
        target: { call: id, run: call.run },
        details: { stored: kept.store },
      }),
    );
    reply.header("cache-control", "private, no-store");
    return { call: view(call), content };
  });
}

function view({ at, input, cachedInput, output, micros, priceKnown, ...row }: CallRow): ModelCallView {
  return {
    ...row,
    at: at.toISOString(),
    usage: { input, cachedInput, output },
    cost: { micros, currency: "USD", known: priceKnown },
  };
}
