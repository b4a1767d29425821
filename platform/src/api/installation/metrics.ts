import type { FastifyInstance, FastifyRequest } from "fastify";
import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { JournalNumbers } from "../../store/journal/event-partitions.ts";
import { readBackupNumbers } from "../../store/installation/backups.ts";
import type { Queryable } from "../../store/organization.ts";
import type { LeaseNumbers } from "../../store/organization/secret-leases.ts";
import type { ApiDeps } from "../deps.ts";
import { modelGauges, type ModelNumbers } from "./model-metrics.ts";

interface QueueNumbers {
  queued: number;
  oldestDueSeconds: number;
  feedLagTransactions: number;
  workersAlive: number;
  runs: Record<string, number>;
  notifications: { pending: number; dead: number; oldestDueSeconds: number };
}

interface RetentionNumbers {
  runs: number;
  events: number;
  holds: number;
  oldestRunSeconds: number;
}

interface LimitNumbers {
  permits: number;
  unknown: number;
  waiting: number;
  breakers: Record<string, number>;
}

/** GET /metrics for Prometheus: numbers over all organizations. Without a key from this machine only. */
export function metricRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const requests = new Histogram({
    name: "gantry_http_request_duration_seconds",
    help: "Requests by endpoint and status.",
    labelNames: ["endpoint", "status"],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  });
  const queued = new Gauge({ name: "gantry_runs_due", help: "Runs that wait for a worker now.", registers });
  const oldest = new Gauge({ name: "gantry_oldest_due_seconds", help: "How long the first of them waits.", registers });
  const lag = new Gauge({
    name: "gantry_feed_lag_transactions",
    help: "Transactions that readers of feeds wait for.",
    registers,
  });
  const workers = new Gauge({ name: "gantry_workers_alive", help: "Workers with a living heartbeat.", registers });
  const runs = new Gauge({
    name: "gantry_runs",
    help: "Runs that haven't ended, by status.",
    labelNames: ["status"],
    registers,
  });

  const permits = new Gauge({ name: "gantry_permits", help: "Attempts that hold a share of a limit.", registers });
  const unknown = new Gauge({
    name: "gantry_permits_unknown",
    help: "Of them those whose outcome nobody knows.",
    registers,
  });
  const limited = new Gauge({ name: "gantry_runs_limited", help: "Runs that wait for a limit.", registers });
  const breakers = new Gauge({
    name: "gantry_breakers",
    help: "Circuit breakers of connections that have failed, by state.",
    labelNames: ["state"],
    registers,
  });
  const deliveries = new Gauge({
    name: "gantry_deliveries",
    help: "Notifications that wait to be sent, and those that could not be.",
    labelNames: ["status"],
    registers,
  });
  const late = new Gauge({
    name: "gantry_oldest_delivery_seconds",
    help: "For how long the first notification has been due.",
    registers,
  });

  const purged = new Gauge({
    name: "gantry_purged",
    help: "Runs that were archived and purged so far, and their events.",
    labelNames: ["what"],
    registers,
  });
  const holds = new Gauge({ name: "gantry_holds", help: "Runs that are held, however old they get.", registers });
  const unsealed = new Gauge({
    name: "gantry_audit_unsealed_seconds",
    help: "How long the oldest entry of the audit trail that isn't sealed has waited.",
    registers,
  });
  const sealAge = new Gauge({
    name: "gantry_audit_seal_age_seconds",
    help: "How long ago the newest seal of the audit trail was made.",
    registers,
  });
  const leases = new Gauge({
    name: "gantry_secret_leases",
    help: "Credentials that Vault made for runs and still holds, and of them those that it couldn't be told to end or prolong.",
    labelNames: ["state"],
    registers,
  });
  const oldestRun = new Gauge({
    name: "gantry_oldest_finished_run_seconds",
    help: "How long ago the first of the runs that are still here ended.",
    registers,
  });

  const partitions = new Gauge({
    name: "gantry_journal_partitions",
    help: "Partitions of the journal: the months, and what fits into none.",
    registers,
  });
  const journalBytes = new Gauge({
    name: "gantry_journal_bytes",
    help: "What they take on disk, with their indexes.",
    registers,
  });
  const strays = new Gauge({
    name: "gantry_journal_strays",
    help: "Events of runs that fit into no month, counted to a thousand.",
    registers,
  });

  const backups = new Gauge({
    name: "gantry_backup_age_seconds",
    help: "Since the moment that the last whole backup shows.",
    registers,
  });
  const backupLate = new Gauge({
    name: "gantry_backup_late",
    help: "1: there is a schedule, and no whole backup for twice its interval.",
    registers,
  });
  const drills = new Gauge({
    name: "gantry_restore_drill_age_seconds",
    help: "Since a restore was last tried out.",
    registers,
  });
  const drillFailed = new Gauge({
    name: "gantry_restore_drill_failed",
    help: "1: the restore that was tried out last failed.",
    registers,
  });

  const sinks = new Gauge({
    name: "gantry_event_sink_events",
    help: "Events of this process by sink: written, dropped, and waiting.",
    labelNames: ["sink", "state"],
    registers,
  });

  const setModels = modelGauges(registers);

  app.addHook("onResponse", async (request, reply) => {
    requests.observe({ endpoint: endpointOf(request), status: reply.statusCode }, reply.elapsedTime / 1_000);
  });
  app.get("/metrics", { config: { access: "metrics" } }, async (_request, reply) => {
    const { queue: numbers, limits, retention, journal, audit, ...rest } = await readNumbers(deps.pool);
    const kept = await readBackupNumbers(deps.pool, deps.config.backups?.everyHours ?? null);
    for (const [gauge, seconds] of [
      [backups, kept.backupSeconds],
      [drills, kept.drillSeconds],
    ] as const) {
      // Nothing rather than a number that isn't one: alerts on it don't fire where nobody backs up here.
      if (seconds === null) gauge.remove();
      else gauge.set(seconds);
    }
    backupLate.set(kept.late ? 1 : 0);
    drillFailed.set(kept.drillFailed ? 1 : 0);
    purged.set({ what: "runs" }, retention.runs);
    purged.set({ what: "events" }, retention.events);
    holds.set(retention.holds);
    oldestRun.set(retention.oldestRunSeconds);
    unsealed.set(audit.unsealedSeconds);
    sealAge.set(rest.sealAge ?? 0);
    leases.set({ state: "open" }, rest.leases.open);
    leases.set({ state: "failing" }, rest.leases.failing);
    partitions.set(journal.partitions);
    journalBytes.set(journal.bytes);
    strays.set(journal.strays);
    permits.set(limits.permits);
    unknown.set(limits.unknown);
    limited.set(limits.waiting);
    for (const state of ["closed", "open", "half_open"]) breakers.set({ state }, limits.breakers[state] ?? 0);
    queued.set(numbers.queued);
    oldest.set(numbers.oldestDueSeconds);
    lag.set(numbers.feedLagTransactions);
    workers.set(numbers.workersAlive);
    runs.reset();
    for (const [status, count] of Object.entries(numbers.runs)) runs.set({ status }, count);
    deliveries.set({ status: "pending" }, numbers.notifications.pending);
    deliveries.set({ status: "dead" }, numbers.notifications.dead);
    setModels(rest.models);
    late.set(numbers.notifications.oldestDueSeconds);
    for (const { sink, written, dropped, waiting } of deps.sinkStats?.() ?? []) {
      for (const [state, count] of Object.entries({ written, dropped, waiting })) sinks.set({ sink, state }, count);
    }
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}

/** A name from a fixed set, so that nobody can make up labels by asking for odd addresses. */
export function endpointOf(request: FastifyRequest): string {
  return request.routeOptions.config.endpoint?.id ?? request.routeOptions.url ?? "unknown";
}

interface Numbers {
  queue: QueueNumbers;
  limits: LimitNumbers;
  retention: RetentionNumbers;
  journal: JournalNumbers;
  audit: { unsealedSeconds: number };
  /** Seconds; null: nothing was sealed yet. */
  sealAge: number | null;
  leases: LeaseNumbers;
  models: ModelNumbers[];
}

async function readNumbers(pool: Queryable): Promise<Numbers> {
  const { rows } = await pool.query<Numbers & { notifications: QueueNumbers["notifications"] }>(
    `SELECT queue_metrics() AS queue, notification_metrics() AS notifications, limit_metrics() AS limits,
       retention_metrics() AS retention, journal_metrics() AS journal, audit_metrics() AS audit,
       EXTRACT(epoch FROM now() - audit_sealed_at())::float8 AS "sealAge", lease_metrics() AS leases, model_metrics() AS models`,
  );
  const row = rows[0];
  if (row === undefined) throw new Error("The metrics functions gave no row.");
  const { notifications, ...numbers } = row;
  return { ...numbers, queue: { ...row.queue, notifications } };
}
