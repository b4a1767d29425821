import { api, type BreakerView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { breakerRules } from "../../domain/limits/breaker.ts";
import { listBreakers, resetBreaker, type BreakerListRow } from "../../store/control/breakers.ts";
import type { ApiDeps } from "../deps.ts";
import { NotFoundError } from "../errors.ts";
import { route } from "../http/route.ts";

export function breakerRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const time = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
  const view = ({ failures, openedAt, retryAt, ...row }: BreakerListRow): BreakerView => ({
    ...row,
    failures: failures.filter((at) => at > deps.now() - breakerRules.windowMs).length,
    openedAt: time(openedAt),
    retryAt: time(retryAt),
  });

  route(app, deps, api.breakers.list, async ({ caller, tx }) => ({
    items: (await tx((db) => listBreakers(db, caller.org))).map(view),
    next: null,
  }));

  route(app, deps, api.breakers.reset, async ({ params, caller, tx }) => {
    const after = await tx(async (db) => {
      if (!(await resetBreaker(db, caller.org, params.breaker))) throw new NotFoundError();
      return listBreakers(db, caller.org, params.breaker);
    });
    const [row] = after;
    if (row === undefined) throw new NotFoundError();
    deps.log.warn(
      { org: caller.org, actor: caller.actor.id, connection: row.connection },
      "A circuit breaker was reset",
    );
    deps.wakeWorkers();
    return view(row);
  });
}
