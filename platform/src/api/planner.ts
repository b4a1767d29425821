import type { JsonObject, Runbook } from "@gantry/sdk";
import { newestOf } from "@gantry/sdk/runbook-file";
import { z } from "zod";
import { createEffectOf, createMatcher, withoutHardPatterns, type UnderstandDeps } from "../planner/index.ts";
import { RunbookInvalidError } from "../runbooks/index.ts";
import type { Queryable } from "../store/queryable.ts";
import { listRunbookVersions } from "../store/runbook-versions.ts";
import type { ApiDeps } from "./deps.ts";

export type Planner = Omit<UnderstandDeps, "known">;

/** Planners over what is installed and what an organization published. */
export interface Planners {
  /** Over all current runbooks that aren't deprecated. */
  forAll(db: Queryable, org: string): Promise<Planner>;
  /** Over a runbook that was chosen by name, or by `name@version`. @throws RunbookUnknownError, RunbookInvalidError */
  forOne(db: Queryable, org: string, reference: string): Promise<Planner>;
}

const organizationsKept = 50;

/** A planner is kept until what its organization published changes. */
export function createPlanners(deps: Pick<ApiDeps, "catalog" | "findRunbook">): Planners {
  const kept = new Map<string, { key: string; planner: Planner }>();
  const installed = [...deps.catalog.runbooks.values()].map(({ runbook }) => runbook);
  return {
    async forAll(db, org) {
      const published = await publishedBy(db, org);
      const key = JSON.stringify(published);
      const known = kept.get(org);
      if (known?.key === key) return known.planner;
      const own = await Promise.all(published.map(([name]) => compiled(deps, db, org, name)));
      const runbooks = [...installed.filter(({ spec }) => !spec.deprecated), ...own.flat()];
      const planner = plannerOver(deps, new Map(runbooks.map((runbook) => [runbook.name, runbook])));
      kept.delete(org);
      if (kept.size >= organizationsKept) kept.delete(kept.keys().next().value ?? "");
      kept.set(org, { key, planner });
      return planner;
    },
    async forOne(db, org, reference) {
      const { runbook } = await deps.findRunbook(db, org, reference);
      return plannerOver(deps, new Map([[reference, runbook]]));
    },
  };
}

/** Name, version and digest of what is current. */
async function publishedBy(db: Queryable, org: string): Promise<[string, string, string][]> {
  const rows = await listRunbookVersions(db, org);
  return [...new Set(rows.map(({ name }) => name))].toSorted().flatMap((name): [string, string, string][] => {
    const versions = rows.filter((row) => row.name === name);
    const newest = newestOf(versions.map(({ version }) => version));
    const current = versions.find(({ version }) => version === newest);
    return current === undefined || current.deprecated !== null ? [] : [[name, current.version, current.digest]];
  });
}

/** A runbook that no longer fits what is installed can't be run, so it isn't offered. */
async function compiled({ findRunbook }: Pick<ApiDeps, "findRunbook">, db: Queryable, org: string, name: string) {
  try {
    return [(await findRunbook(db, org, name)).runbook];
  } catch (error) {
    if (error instanceof RunbookInvalidError) return [];
    throw error;
  }
}

function plannerOver({ catalog }: Pick<ApiDeps, "catalog">, runbooks: ReadonlyMap<string, Runbook>): Planner {
  const schemas = new Map(
    [...runbooks].map(([name, { spec }]) => {
      const isInstalled = catalog.versions.has(spec.name);
      return [name, isInstalled ? schemaOf(spec) : withoutHardPatterns(schemaOf(spec))];
    }),
  );
  const described = [...runbooks].map(([name, { spec }]) => {
    const { title, description = "", intents = [], examples = [] } = spec;
    return { name, title, description, intents, examples, parameters: schemas.get(name) ?? {} };
  });
  const tools = new Map([...catalog.tools].map(([name, { tool }]) => [name, tool]));
  return {
    matcher: createMatcher(described),
    effectOf: createEffectOf({ runbooks, tools, schemaOf: (name) => schemas.get(name) ?? {} }),
  };
}

function schemaOf({ parameters }: Runbook["spec"]): JsonObject {
  return z.toJSONSchema(parameters, { io: "input", unrepresentable: "any" }) as JsonObject;
}
