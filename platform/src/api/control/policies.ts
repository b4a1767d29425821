import { api, type PolicyHead } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import {
  checkText,
  diffPolicies,
  PolicyChangedError,
  PolicyLimitError,
  PolicyVersionUnknownError,
  requirePolicy,
  statementViews,
  type KnownNames,
} from "../../policy/index.ts";
import type { Queryable } from "../../store/organization.ts";
import { policyNames } from "../../store/control/policy-names.ts";
import {
  addPolicyVersion,
  countPolicies,
  listPolicies,
  policiesAt,
  policyVersions,
  takePolicy,
  type NewVersion,
  type PolicyPlace,
  type PolicyRow,
} from "../../store/control/policies.ts";
import type { ApiDeps } from "../deps.ts";
import { NotFoundError } from "../errors.ts";
import { placeOf } from "../http/place.ts";
import { catalogOf } from "../plans/plan-catalog.ts";
import { route } from "../http/route.ts";

/** Policies of an organization, its projects and environments, in versions. A put decides from the next decision on. */
export function policyRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.policies.list, ({ query, caller, tx }) =>
    tx(async (db) => {
      const at = await placeOf(db, caller.org, query);
      const rows = at.project === null ? await listPolicies(db, caller.org) : await policiesAt(db, at);
      return { items: rows.map(headOf), next: null };
    }),
  );

  route(app, deps, api.policies.get, ({ params, query, caller, tx }) =>
    tx(async (db) => {
      const at = { ...(await placeOf(db, caller.org, query)), name: params.policy };
      const rows = await policyVersions(db, at);
      const row = rows.find(({ version, current }) =>
        query.version === undefined ? current : version === query.version,
      );
      if (rows.length > 0 && query.version !== undefined && (row?.text ?? null) === null)
        throw new PolicyVersionUnknownError(params.policy, query.version);
      return viewOf(row);
    }),
  );

  route(app, deps, api.policies.put, async ({ params, query, body, caller, tx, id }) => {
    requirePolicy(body.text);
    return tx(async (db) => {
      const at = { ...(await placeOf(db, caller.org, query)), name: params.policy };
      const { text, reason = null, expectedVersion } = body;
      const by = { id, actor: caller.actor, reason, restoredFrom: null };
      const { problems } = checkText(text, await namesAt(db, at));
      return { ...(await change(db, { ...at, ...by, text }, expectedVersion)), problems };
    });
  });

  route(app, deps, api.policies.versions, ({ params, query, caller, tx }) =>
    tx(async (db) => {
      const rows = await policyVersions(db, { ...(await placeOf(db, caller.org, query)), name: params.policy });
      if (rows.length === 0) throw new NotFoundError();
      const items = rows.map(({ createdAt, actor, text, name: _, project: _p, environment: _e, ...row }) => {
        return { ...row, removed: text === null, createdAt: createdAt.toISOString(), actor: actor.name };
      });
      return { items, next: null };
    }),
  );

  route(app, deps, api.policies.diff, ({ params, query, caller, tx }) =>
    tx(async (db) => {
      const rows = await policyVersions(db, { ...(await placeOf(db, caller.org, query)), name: params.policy });
      if (rows.length === 0) throw new NotFoundError();
      const { to = rows[0]?.version ?? 1 } = query;
      const { from = Math.max(1, to - 1) } = query;
      const [before, after] = [from, to].map((version) => {
        const row = rows.find((one) => one.version === version);
        if (row === undefined) throw new PolicyVersionUnknownError(params.policy, version);
        return row.text ?? "";
      }) as [string, string];
      return { from, to, ...diffPolicies(before, after) };
    }),
  );

  route(app, deps, api.policies.restore, ({ params, query, body, caller, tx, id }) =>
    tx(async (db) => {
      const at = { ...(await placeOf(db, caller.org, query)), name: params.policy };
      const rows = await policyVersions(db, at);
      const text = rows.find(({ version }) => version === body.version)?.text ?? null;
      if (text === null) throw new PolicyVersionUnknownError(params.policy, body.version);
      requirePolicy(text);
      const by = { id, actor: caller.actor, reason: body.reason, restoredFrom: body.version };
      return change(db, { ...at, ...by, text }, body.expectedVersion);
    }),
  );

  route(app, deps, api.policies.remove, ({ params, query, caller, tx, id }) =>
    tx(async (db) => {
      const at = { ...(await placeOf(db, caller.org, query)), name: params.policy };
      const [newest] = await policyVersions(db, at);
      if ((newest?.text ?? null) === null) throw new NotFoundError();
      const by = { id, actor: caller.actor, reason: query.reason ?? null, restoredFrom: null };
      await writeVersion(db, { ...at, ...by, text: null }, query.expectedVersion);
    }),
  );

  route(app, deps, api.policies.lint, async ({ body, caller, tx }) => {
    const names = await tx(async (db) => namesAt(db, await placeOf(db, caller.org, body, "body")));
    const { problems, statements } = checkText(body.text, names);
    return { problems, statements: statementViews(statements) };
  });

  async function namesAt(db: Queryable, at: PolicyPlace): Promise<KnownNames> {
    return { ...(await policyNames(db, at)), tools: [...(await catalogOf(deps, db, at.org)).tools.keys()] };
  }
}

/** Policies that an organization may have, removed ones too: their versions stay. */
const maximumPolicies = 200;

async function change(
  db: Queryable,
  one: NewVersion,
  expected: number | undefined,
): Promise<ReturnType<typeof viewOf>> {
  await writeVersion(db, one, expected);
  const rows = await policyVersions(db, one);
  return viewOf(rows[0]);
}

/** The same text again is no new version. @throws PolicyChangedError, PolicyLimitError */
async function writeVersion(db: Queryable, one: NewVersion, expected: number | undefined): Promise<void> {
  const { name, text } = one;
  const found = await takePolicy(db, one);
  const version = found === null || found.text === null ? 0 : found.version;
  if (expected !== undefined && expected !== version) throw new PolicyChangedError(name, expected, version);
  if (found !== null && found.text === text) return;
  if (found === null && (await countPolicies(db, one.org)) >= maximumPolicies)
    throw new PolicyLimitError(maximumPolicies);
  const written = await addPolicyVersion(db, { ...one, follows: found?.version ?? 0 });
  if (!written) throw new PolicyChangedError(name, version, version + 1);
}

function headOf({ text, createdAt, actor, current: _, ...row }: PolicyRow): PolicyHead {
  const statements = statementViews(checkText(text ?? "").statements);
  return { ...row, statements, updatedAt: createdAt.toISOString(), actor: actor.name };
}

/** @throws NotFoundError where there is none, or it was removed. */
function viewOf(row: PolicyRow | undefined): PolicyHead & { text: string } {
  const text = row?.text ?? null;
  if (row === undefined || text === null) throw new NotFoundError();
  return { ...headOf(row), text };
}
