import { digestOf } from "@gantry/sdk";
import { api, type CreateTrigger, type OccurrenceView, type TriggerSource, type TriggerView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { findSecret } from "../../secrets/index.ts";
import type { Queryable } from "../../store/organization.ts";
import {
  findOccurrence,
  latestOccurrences,
  listOccurrences,
  type OccurrencePosition,
  type OccurrenceRow,
} from "../../store/plans/trigger-occurrences.ts";
import {
  databaseTime,
  editTrigger,
  findTrigger,
  insertTrigger,
  listTriggers,
  pauseTrigger,
  removeTrigger,
  resumeTrigger,
  type TriggerRow,
} from "../../store/plans/triggers.ts";
import {
  checkExpressions,
  checkGitSource,
  commit,
  firstTime,
  prepare,
  TriggerInvalidError,
} from "../../triggers/index.ts";
import { readCursor, signCursor } from "../http/cursor.ts";
import type { ApiDeps } from "../deps.ts";
import { NameTakenError, NotFoundError } from "../errors.ts";
import { route } from "../http/route.ts";
import { requireTarget } from "../http/target.ts";

export function triggerRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.triggers.create, async ({ body, caller, tx, id }) => {
    return tx(async (db) => {
      const { project } = await requireTarget(db, caller.org, body);
      await checkTrigger(deps, db, { org: caller.org, project }, body);
      const { source } = body;
      await checkSecret(db, { org: caller.org, project, environment: body.environment }, source);
      const { when, name, environment, runbook, runbookVersion, parameters, mapping } = body;
      await insertTrigger(db, {
        id,
        org: caller.org,
        project,
        environment,
        name,
        source,
        runbook,
        runbookVersion,
        parameters,
        mapping,
        condition: when,
        actor: caller.actor.id,
        ...firstLook(id, source, await databaseTime(db)),
      });
      const row = await findTrigger(db, id);
      // A repeat under the same idempotency key finds the one that it created.
      if (row === null) throw new NameTakenError("a trigger", name);
      return view(row, null);
    });
  });

  route(app, deps, api.triggers.list, ({ query, caller, tx }) =>
    tx(async (db) => {
      const { project = null, environment = null } = query;
      const rows = await listTriggers(db, caller.org, { project, environment });
      const latest = await latestOccurrences(
        db,
        rows.map(({ id }) => id),
      );
      return { items: rows.map((row) => view(row, latest.get(row.id) ?? null)), next: null };
    }),
  );

  route(app, deps, api.triggers.get, ({ params, tx }) => tx((db) => show(db, params.trigger)));

  route(app, deps, api.triggers.edit, ({ params, body, caller, tx }) =>
    tx(async (db) => {
      const trigger = await findTrigger(db, params.trigger, true);
      if (trigger === null) throw new NotFoundError();
      await checkTrigger(deps, db, { org: caller.org, project: trigger.project }, { ...trigger, ...body });
      const { mapping, when: condition } = body;
      await editTrigger(db, trigger.id, { mapping, condition, actor: caller.actor.id });
      return show(db, trigger.id);
    }),
  );

  route(app, deps, api.triggers.history, async ({ params, query, caller, tx }) => {
    const { limit, cursor, outcome = null } = query;
    const belongsTo = ["trigger history", caller.org, params.trigger, outcome];
    const after =
      cursor === undefined ? null : (readCursor(deps.keyring, belongsTo, cursor) as unknown as OccurrencePosition);
    const found = await tx(async (db) => {
      await requireTrigger(db, params.trigger);
      return listOccurrences(db, params.trigger, outcome, after, limit + 1);
    });
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    const next = last === undefined ? null : signCursor(deps.keyring, belongsTo, { ...last.position });
    return { items: page.map(({ row }) => occurrenceView(row)), next };
  });

  route(app, deps, api.triggers.pause, ({ params, body, caller, tx }) =>
    tx(async (db) => {
      await requireTrigger(db, params.trigger);
      await pauseTrigger(db, params.trigger, caller.actor, body.reason);
      return show(db, params.trigger);
    }),
  );

  route(app, deps, api.triggers.resume, ({ params, tx }) =>
    tx(async (db) => {
      await requireTrigger(db, params.trigger);
      await resumeTrigger(db, params.trigger);
      return show(db, params.trigger);
    }),
  );

  route(app, deps, api.triggers.fire, async ({ params, body, caller, tx, id, demand }) => {
    const { payload } = body;
    // It starts a run as any other call would.
    const { projectName: project, environment } = await tx((db) => requireTrigger(db, params.trigger));
    await demand("runs.create", { project, environment });
    const fireDeps = { ...deps.triggers, newId: deps.newId, queueLimit: deps.config.queueLimit };
    const done = await tx(async (db) => {
      const trigger = await requireTrigger(db, params.trigger);
      const now = await databaseTime(db);
      const prepared = await prepare(fireDeps, db, trigger, {
        id,
        at: now,
        now,
        keys: [`hand ${id}`],
        payload,
        event: null,
        depth: 0,
        reason: `Fired by hand by ${caller.actor.name}.`,
        digest: digestOf(payload),
      });
      // The caller's run, not its creator's: who chose what is done can't be the one who approves it.
      return commit(fireDeps, db, trigger, prepared, { requester: caller.actor, byHand: true });
    });
    deps.wakeWorkers();
    const row = "repeats" in done ? await tx((db) => findOccurrence(db, done.repeats)) : done;
    if (row === null) throw new NotFoundError();
    return occurrenceView(row);
  });

  route(app, deps, api.triggers.remove, async ({ params, tx }) => {
    if (!(await tx((db) => removeTrigger(db, params.trigger)))) throw new NotFoundError();
  });
}

/** @throws TriggerInvalidError, and the errors of a runbook that isn't there or whose parameters can't fit. */
async function checkTrigger(
  deps: ApiDeps,
  db: Queryable,
  { org, project }: { org: string; project: string },
  wanted: Omit<z.output<typeof CreateTrigger>, "name" | "project">,
): Promise<void> {
  const { when, mapping, runbook, runbookVersion: version, parameters, environment, source } = wanted;
  checkExpressions({ when, mapping });
  if (source.kind === "git") checkGitSource(source);
  if (source.kind === "run" && source.runbook === runbook && when === null) {
    throw new TriggerInvalidError("The trigger", "it would start the runbook whose end fires it; give it a condition");
  }
  if (Object.keys(mapping).length > 0) return;
  await deps.triggers.makePlan(db, { org, project, runbook, version, parameters, environment });
}

async function checkSecret(
  db: Queryable,
  at: { org: string; project: string; environment: string },
  source: TriggerSource,
): Promise<void> {
  if (source.kind !== "webhook" || (await findSecret(db, { ...at, name: source.secret }))) return;
  throw new TriggerInvalidError(
    "The secret",
    `there is none named ${JSON.stringify(source.secret)} for ${at.environment}; store it first with gantry secret set`,
  );
}

function firstLook(id: string, source: TriggerSource, now: number): Pick<TriggerRow, "memory" | "dueAt"> {
  switch (source.kind) {
    case "schedule": {
      const first = firstTime(id, source, now);
      if (first === null) throw new TriggerInvalidError("The schedule", "no time of it is to come");
      return { memory: { next: first.next }, dueAt: new Date(first.dueAt) };
    }
    case "webhook":
      return { memory: {}, dueAt: null };
    case "git":
      return { memory: {}, dueAt: new Date(now) };
    case "run":
      return { memory: { readTo: now }, dueAt: new Date(now) };
    default:
      return source satisfies never;
  }
}

async function requireTrigger(db: Queryable, id: string): Promise<TriggerRow> {
  const row = await findTrigger(db, id);
  if (row === null) throw new NotFoundError();
  return row;
}

async function show(db: Queryable, id: string): Promise<TriggerView> {
  const row = await requireTrigger(db, id);
  return view(row, (await latestOccurrences(db, [id])).get(id) ?? null);
}

function view(row: TriggerRow, latest: OccurrenceRow | null): TriggerView {
  const { id, name, environment, source, runbook, runbookVersion, parameters, mapping, actor } = row;
  const by = row.pausedBy ?? actor;
  return {
    id,
    name,
    project: row.projectName,
    environment,
    source,
    runbook,
    runbookVersion,
    parameters,
    mapping: { ...mapping },
    when: row.condition,
    actor: { id: actor.id, name: actor.name },
    createdAt: row.createdAt.toISOString(),
    paused:
      row.pausedAt === null
        ? null
        : { since: row.pausedAt.toISOString(), by: { id: by.id, name: by.name }, reason: row.pausedReason },
    dueAt: row.dueAt?.toISOString() ?? null,
    hook: source.kind === "webhook" ? `/hooks/${id}` : null,
    latest: latest === null ? null : occurrenceView(latest),
  };
}

function occurrenceView({ at, recordedAt, lastAt, ...row }: OccurrenceRow): OccurrenceView {
  return {
    ...row,
    at: at.toISOString(),
    recordedAt: recordedAt.toISOString(),
    lastAt: lastAt.toISOString(),
  };
}
