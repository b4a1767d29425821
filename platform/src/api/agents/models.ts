import { errorData, GantryError, type JsonObject } from "@gantry/sdk";
import { api, type ModelPolicyView, type ModelTest } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { defaultPolicy, providers, type ModelAttempt } from "../../models/index.ts";
import { kindRules } from "../../domain/retention-kinds.ts";
import { putModelPolicy, readModelPolicy, sumModelCosts } from "../../store/agents/models.ts";
import { whoOf } from "../http/audit-call.ts";
import type { ApiDeps } from "../deps.ts";
import { InvalidRequestError } from "../errors.ts";
import { placeOf } from "../http/place.ts";
import { route } from "../http/route.ts";
import { inOrganization, type Queryable } from "../../store/organization.ts";
import { putKindRule, readKindRules } from "../../store/records/retention-kinds.ts";
import { writeAudit } from "../../store/records/audit-records.ts";

const defaultDays = 30;
const dayMs = 86_400_000;

/** Models that are connected, what they cost, and where the organization's data may go with a call. */
export function modelRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.models.list, async ({ query, caller, tx }) =>
    deps.models.list(await tx((db) => placeOf(db, caller.org, query))),
  );

  route(app, deps, api.models.test, async ({ query, body, caller, request, tx }) => {
    const { org, project, environment } = await tx((db) => placeOf(db, caller.org, query));
    const began = deps.now();
    const stop = new AbortController();
    const gone = (): void => stop.abort();
    request.raw.socket.once("close", gone);
    const question = "Answer with the one word: ready";
    const call = {
      organization: org,
      project,
      environment,
      agent: null,
      runId: null,
      task: "answer" as const,
      messages: [{ role: "user" as const, content: question }],
      tools: [],
      // Some think before they say a word.
      maxOutputTokens: 1_024,
      ...(body.model === undefined ? {} : { model: body.model }),
      signal: stop.signal,
    };
    const result = await deps.models
      .answer(call)
      .then(
        ({ text, connection, provider, model, firstTokenMs, totalMs, usage, cost, attempts }): ModelTest => ({
          outcome: "answered",
          text,
          connection,
          provider,
          model,
          firstTokenMs,
          totalMs,
          usage: { input: usage.input, cachedInput: usage.cachedInput, output: usage.output },
          cost,
          error: null,
          attempts,
        }),
        (error: unknown): ModelTest => {
          if (!(error instanceof GantryError)) throw error;
          const { connection = null, provider = null, model = null } = error.details as Partial<ModelAttempt>;
          const nothing = { text: "", firstTokenMs: null, usage: null, cost: null, attempts: [] };
          return {
            outcome: "failed",
            connection,
            provider,
            model,
            ...nothing,
            totalMs: deps.now() - began,
            error: errorData(error),
          };
        },
      )
      .finally(() => request.raw.socket.off("close", gone));
    const { outcome, connection, provider, model } = result;
    await inOrganization(deps.pool, caller.org, (db) =>
      writeAudit(db, {
        id: deps.newId(),
        ...whoOf(caller, request),
        action: api.models.test.id,
        target: { connection, model, project, environment },
        details: { provider, outcome, code: result.error?.code ?? null },
      }),
    );
    return result;
  });

  route(app, deps, api.models.costs, async ({ query, caller, tx }) => {
    const until = query.until === undefined ? new Date(deps.now() + 1_000) : new Date(query.until);
    const since = query.since === undefined ? new Date(until.getTime() - defaultDays * dayMs) : new Date(query.since);
    const { by, run = null } = query;
    const items = await tx(async (db) => {
      const at = await placeOf(db, caller.org, query);
      return sumModelCosts(db, { ...at, by, since, until, run });
    });
    return { items, currency: "USD", since: since.toISOString(), until: until.toISOString() };
  });

  route(app, deps, api.models.policy, ({ caller, tx }) => tx((db) => policyOf(db, caller.org)));

  route(app, deps, api.models.setPolicy, async ({ body, caller, request, tx }) => {
    const unknown = body.providers?.find((name) => !(providers as readonly string[]).includes(name));
    if (unknown !== undefined)
      throw new InvalidRequestError([
        { path: "providers", message: `${unknown} isn't a provider; there are ${providers.join(", ")}` },
      ]);
    const { org, actor } = caller;
    return tx(async (db) => {
      const before = await policyOf(db, org);
      await putModelPolicy(db, { org, ...body, store: body.store ?? before.store, actor: actor.name });
      if (body.storeDays !== undefined && body.storeDays !== before.storeDays)
        await putKindRule(db, { org, kind: "prompts", keepDays: body.storeDays, actor });
      const after = await policyOf(db, org);
      if (before.store !== after.store || before.storeDays !== after.storeDays)
        await writeAudit(db, {
          id: deps.newId(),
          ...whoOf(caller, request),
          action: "models.store",
          target: {},
          details: { before: keptBy(before), after: keptBy(after) },
        });
      return after;
    });
  });
}

async function policyOf(db: Queryable, org: string): Promise<ModelPolicyView> {
  const row = await readModelPolicy(db, org);
  const rule = (await readKindRules(db, org)).find(({ kind }) => kind === "prompts");
  const storeDays = rule === undefined ? kindRules.prompts.defaultDays : rule.keepDays;
  if (row === null)
    return { ...defaultPolicy, providers: null, regions: null, storeDays, updatedAt: null, actor: null };
  return { ...row, storeDays, updatedAt: row.updatedAt.toISOString() };
}

const keptBy = ({ store, storeDays }: ModelPolicyView): JsonObject => ({ store, storeDays });
