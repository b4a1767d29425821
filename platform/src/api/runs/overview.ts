import { api } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { lastDrill, lastWholeBackup, readBackupNumbers } from "../../store/installation/backups.ts";
import { readFeedLag, readPools, readTrend } from "../../store/runs/overview.ts";
import type { ApiDeps } from "../deps.ts";
import { route } from "../http/route.ts";

/** What the start page shows besides runs. Ages go out as times: whoever shows them has a clock. */
export function overviewRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.overview.get, ({ query, caller, tx }) => {
    const { project = null, environment = null, days } = query;
    const everyHours = deps.config.backups?.everyHours ?? null;
    return tx(async (db) => {
      const { at, lag } = await readFeedLag(db);
      const pools = await readPools(db, caller.org);
      const { late } = await readBackupNumbers(db, everyHours);
      const [last, drill] = [await lastWholeBackup(db), await lastDrill(db)];
      return {
        at: at.toISOString(),
        pools: pools.map((pool) => ({ ...pool, oldestDueAt: pool.oldestDueAt?.toISOString() ?? null })),
        feedLag: lag,
        backup: { takenAt: last?.takenAt?.toISOString() ?? null, scheduled: everyHours !== null, late },
        drill: drill && { at: drill.at.toISOString(), failed: drill.error !== null },
        days: await readTrend(db, caller.org, { project, environment, days }),
      };
    });
  });
}
