import { api, type BackupsView, type BackupView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { lastDrill, lastWholeBackup, listBackups, type BackupRecord } from "../../store/installation/backups.ts";
import type { Queryable } from "../../store/organization.ts";
import { readRestore, resumeRestored } from "../../store/installation/restores.ts";
import type { ApiDeps } from "../deps.ts";
import { route } from "../http/route.ts";

const recent = 20;

/** Backups of the whole installation, and its state after a restore. They are made and restored by tasks on its machine. */
export function backupRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.backups.list, ({ tx }) => tx((db) => backupsView(deps, db)));

  route(app, deps, api.restore.get, ({ tx }) => tx(async (db) => ({ restored: await readRestore(db) })));

  route(app, deps, api.restore.resume, async ({ caller, tx }) => {
    const answer = await tx(async (db) => {
      const resumed = await resumeRestored(db, caller.actor);
      if (resumed) deps.log.warn({ actor: caller.actor.id }, "Work goes on after the restore");
      return { restored: await readRestore(db) };
    });
    deps.wakeWorkers();
    return answer;
  });
}

export async function backupsView({ config }: ApiDeps, db: Queryable): Promise<BackupsView> {
  const [last, drill] = [await lastWholeBackup(db), await lastDrill(db)];
  return {
    schedule: config.backups,
    last: last && view(last),
    drill: drill && {
      backup: drill.backup,
      takenAt: drill.takenAt.toISOString(),
      at: drill.at.toISOString(),
      error: drill.error,
    },
    recent: (await listBackups(db, recent)).map(view),
  };
}

function view({ startedAt, takenAt, finishedAt, removedAt: _, ...rest }: BackupRecord): BackupView {
  return {
    ...rest,
    startedAt: startedAt.toISOString(),
    takenAt: takenAt?.toISOString() ?? null,
    finishedAt: finishedAt.toISOString(),
  };
}
