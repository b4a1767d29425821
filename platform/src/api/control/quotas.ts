import { api, type QuotaView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import type { Queryable } from "../../store/organization.ts";
import { listQuotas, putQuota } from "../../store/control/quotas.ts";
import type { ApiDeps } from "../deps.ts";
import { InvalidRequestError } from "../errors.ts";
import { placeOf } from "../http/place.ts";
import { route } from "../http/route.ts";

export function quotaRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.quotas.list, ({ caller, tx }) => tx((db) => viewQuotas(db, caller.org)));

  route(app, deps, api.quotas.set, ({ params, body, caller, tx }) => {
    // Content is the organization's: two projects that store the same share it.
    if (ofOrganization.includes(params.kind) && body.project !== undefined)
      throw new InvalidRequestError([{ path: "project", message: `${params.kind} are counted per organization` }]);
    return tx(async (db) => {
      const { org, project } = await placeOf(db, caller.org, { project: body.project }, "body");
      await putQuota(db, { org, project, kind: params.kind, limit: body.limit, actor: caller.actor.name });
      return viewQuotas(db, org);
    });
  });
}

const ofOrganization: readonly string[] = ["storage_bytes", "projects", "members", "keys"];

export async function viewQuotas(db: Queryable, org: string): Promise<{ items: QuotaView[]; next: null }> {
  const rows = await listQuotas(db, org);
  return { items: rows.map(({ updatedAt, ...row }) => ({ ...row, updatedAt: updatedAt.toISOString() })), next: null };
}
