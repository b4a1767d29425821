import type { Deprecation, JsonObject } from "@gantry/sdk";
import { api, type RunbookVersionView, type RunbookView } from "@gantry/sdk/api";
import { compareVersions, diffRunbooks, loadRunbooks, newestOf, parseReference } from "@gantry/sdk/runbook-file";
import type { FastifyInstance } from "fastify";
import { findProject } from "../../store/organization/environments.ts";
import { variablesAt } from "../../store/organization/variables.ts";
import { z } from "zod";
import type { CatalogRunbook } from "../../catalog/index.ts";
import { checkFiles, openFiles, publishRunbook, RunbookInvalidError } from "../../runbooks/index.ts";
import type { Queryable } from "../../store/queryable.ts";
import {
  findRunbookSource,
  listRunbookVersions,
  setRunbookDeprecation,
  type RunbookVersionRow,
} from "../../store/plans/runbook-versions.ts";
import type { ApiDeps } from "../deps.ts";
import { NotFoundError } from "../errors.ts";
import { ownRules, planFacts, planView } from "./plans.ts";
import { catalogOf } from "./plan-catalog.ts";
import { route } from "../http/route.ts";
import { requireTarget } from "../http/target.ts";
import { makePlanOf } from "../../runbooks/index.ts";

const notFound = () => new NotFoundError("No runbook of that name and version");

/** Runbooks: those of the installation, the same for everybody, and those that the organization published. */
export function runbookRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { catalog } = deps;

  route(app, deps, api.runbooks.list, async ({ caller, tx }) => ({
    items: await tx((db) => currentRunbooks(deps, db, caller.org)),
    next: null,
  }));

  route(app, deps, api.runbooks.get, async ({ params, caller, tx }) => {
    const { name, version } = parseReference(params.name);
    const versions = catalog.versions.get(name);
    if (versions !== undefined) {
      const found =
        version === undefined
          ? catalog.runbooks.get(name)
          : versions.find(({ runbook }) => runbook.spec.version === version);
      if (found === undefined) throw notFound();
      return installedView(found);
    }
    const rows = await tx((db) => listRunbookVersions(db, caller.org, name));
    const found = version === undefined ? currentOf(rows) : rows.find((row) => row.version === version);
    if (found === undefined) throw notFound();
    return publishedView(found);
  });

  route(app, deps, api.runbooks.versions, async ({ params, caller, tx }) => {
    const items = await tx((db) => versionViews(deps, db, caller.org, params.name));
    if (items.length === 0) throw notFound();
    return { items, next: null };
  });

  route(app, deps, api.runbooks.source, ({ params, caller, tx }) =>
    tx(async (db) => ({
      ...(await requireVersion(deps, db, caller.org, params)),
      source: await sourceOf(deps, db, caller.org, params),
    })),
  );

  route(app, deps, api.runbooks.publish, ({ params, body, caller, tx }) =>
    tx(async (db) => {
      const file = { file: body.file, text: body.source };
      const { problems } = await publishRunbook(
        { db, org: caller.org, catalog: await catalogOf(deps, db, caller.org) },
        { ...params, file, actor: caller.actor },
      );
      return { ...(await requireVersion(deps, db, caller.org, params)), problems: [...problems] };
    }),
  );

  const deprecate = (
    db: Queryable,
    org: string,
    params: { name: string; version: string },
    deprecated: Deprecation | null,
  ) =>
    setRunbookDeprecation(db, org, { ...params, deprecated }).then((existed) => {
      if (!existed) throw notFound();
      return requireVersion(deps, db, org, params);
    });
  route(app, deps, api.runbooks.deprecate, ({ params, body, caller, tx }) =>
    tx((db) => deprecate(db, caller.org, params, body)),
  );
  route(app, deps, api.runbooks.restore, ({ params, caller, tx }) =>
    tx((db) => deprecate(db, caller.org, params, null)),
  );

  route(app, deps, api.runbooks.diff, async ({ params, query, caller, tx }) => {
    const [before, after] = await tx(async (db) => [
      await sourceOf(deps, db, caller.org, { name: params.name, version: query.from }),
      await sourceOf(deps, db, caller.org, params),
    ]);
    const [old, now] = [before, after].map(
      (text) => loadRunbooks([{ file: params.name, text: text ?? "" }]).runbooks[0],
    );
    if (!old || !now) throw new NotFoundError("No file of that runbook and version");
    return { changes: diffRunbooks(old.shape, now.shape) };
  });

  route(app, deps, api.runbooks.check, async ({ body, caller, tx }) => {
    const { files, all } = await tx(async (db) => ({
      files: await openFiles({ db, org: caller.org, catalog }, body.files),
      all: await catalogOf(deps, db, caller.org),
    }));
    return { problems: [...checkFiles(all, files, body.files.length).problems] };
  });

  route(app, deps, api.runbooks.render, async ({ body, caller, tx }) => {
    const { parameters, environment, project, assess } = body;
    const { all, files, target, variables } = await tx(async (db) => ({
      all: await catalogOf(deps, db, caller.org),
      files: await openFiles({ db, org: caller.org, catalog }, body.files),
      target: assess ? await requireTarget(db, caller.org, { project, environment }) : null,
      variables: await variablesAt(db, {
        org: caller.org,
        project: await findProject(db, caller.org, project),
        environment,
      }),
    }));
    const { runbooks, problems } = checkFiles(all, files, body.files.length);
    const [first] = files;
    const loaded = runbooks.find(({ file }) => file === first?.file);
    if (!loaded?.runbook) throw new RunbookInvalidError(first?.file ?? "The file", problems);
    const found = { runbook: loaded.runbook, digest: loaded.digest };
    const plan = makePlanOf(all, found, { runbook: loaded.name, parameters, environment, variables });
    if (target === null) return { ...planFacts(plan), decision: null, risk: null };
    const own = await ownRules(app, caller, { project: target.project, environment });
    return planView(deps, caller, plan, { at: target.environment, own });
  });
}

/** What can be run, each in its current version, by name. */
export async function currentRunbooks({ catalog }: ApiDeps, db: Queryable, org: string): Promise<RunbookView[]> {
  const published = (await listRunbookVersions(db, org)).filter(({ name }) => !catalog.versions.has(name));
  const names = [...new Set(published.map(({ name }) => name))];
  const current = names.flatMap((name) => currentOf(published.filter((one) => one.name === name)) ?? []);
  const items = [...[...catalog.runbooks.values()].map(installedView), ...current.map(publishedView)];
  return items.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function currentOf(rows: readonly RunbookVersionRow[]): RunbookVersionRow | undefined {
  const current = newestOf(rows.map(({ version }) => version));
  return rows.find(({ version }) => version === current);
}

function installedView({ runbook, agent }: CatalogRunbook): RunbookView {
  const { name, version, title, description, intents, examples, parameters, deprecated } = runbook.spec;
  return {
    name,
    version,
    origin: agent === null ? "file" : "agent",
    agent: agent?.name ?? null,
    title,
    description: description ?? null,
    intents: [...(intents ?? [])],
    examples: [...(examples ?? [])],
    deprecated: deprecated ?? null,
    parameters: z.toJSONSchema(parameters, { io: "input", unrepresentable: "any" }) as JsonObject,
  };
}

function publishedView({ name, version, summary, deprecated }: RunbookVersionRow): RunbookView {
  return { name, version, origin: "published", agent: null, deprecated, ...summary };
}

/** Newest first. */
async function versionViews(
  { catalog }: ApiDeps,
  db: Queryable,
  org: string,
  name: string,
): Promise<RunbookVersionView[]> {
  const own = catalog.versions.get(name);
  if (own !== undefined) {
    const current = catalog.runbooks.get(name);
    return own.toReversed().map((one) => ({
      name,
      version: one.runbook.spec.version,
      origin: one.agent === null ? ("file" as const) : ("agent" as const),
      digest: one.file?.digest ?? null,
      current: one === current,
      publishedAt: null,
      actor: null,
      deprecated: one.runbook.spec.deprecated ?? null,
    }));
  }
  const rows = await listRunbookVersions(db, org, name);
  const current = currentOf(rows);
  return rows
    .toSorted((a, b) => compareVersions(b.version, a.version))
    .map((row) => ({
      name,
      version: row.version,
      origin: "published" as const,
      digest: row.digest,
      current: row === current,
      publishedAt: row.publishedAt.toISOString(),
      actor: row.actorName,
      deprecated: row.deprecated,
    }));
}

async function requireVersion(
  deps: ApiDeps,
  db: Queryable,
  org: string,
  { name, version }: { name: string; version: string },
): Promise<RunbookVersionView> {
  const found = (await versionViews(deps, db, org, name)).find((one) => one.version === version);
  if (found === undefined) throw notFound();
  return found;
}

async function sourceOf(
  { catalog }: ApiDeps,
  db: Queryable,
  org: string,
  { name, version }: { name: string; version: string },
): Promise<string | null> {
  const own = catalog.versions.get(name);
  if (own === undefined) {
    const row = await findRunbookSource(db, org, { name, version });
    if (row === null) throw notFound();
    return row.source;
  }
  const found = own.find(({ runbook }) => runbook.spec.version === version);
  if (found === undefined) throw notFound();
  return found.file?.text ?? null;
}
