import type { JsonObject, Runbook } from "@gantry/sdk";
import { z } from "zod";
import type { Catalog, CatalogTool } from "../../catalog/index.ts";
import { isMcpTool } from "../../mcp/index.ts";
import { createEffectOf, createMatcher, withoutHardPatterns, type UnderstandDeps } from "../../planner/index.ts";
import { ifUsable, publishedBy } from "../../runbooks/index.ts";
import type { Queryable } from "../../store/queryable.ts";
import type { ApiDeps } from "../deps.ts";
import { catalogOf } from "./plan-catalog.ts";

export type Planner = Omit<UnderstandDeps, "known">;

/** Planners over what is installed and what an organization published. */
export interface Planners {
  /** Over all current runbooks that aren't deprecated. */
  forAll(db: Queryable, org: string): Promise<Planner>;
  /** Over a runbook that was chosen by name, or by `name@version`. @throws RunbookUnknownError, RunbookInvalidError */
  forOne(db: Queryable, org: string, reference: string): Promise<Planner>;
}

const organizationsKept = 50;

/** A planner is kept until what its organization published, or approved of servers' tools, changes. */
export function createPlanners(deps: Pick<ApiDeps, "catalog" | "mcpTools" | "findRunbook">): Planners {
  const kept = new Map<string, { key: string; planner: Planner }>();
  const installed = [...deps.catalog.runbooks.values()].map(({ runbook }) => runbook);
  return {
    async forAll(db, org) {
      const published = await publishedBy(db, org);
      const { tools } = await catalogOf(deps, db, org);
      const effects = toolsOf(tools).flatMap(([name, { effect }]) => (isMcpTool(name) ? [[name, effect]] : []));
      const key = JSON.stringify([published, effects]);
      const known = kept.get(org);
      if (known?.key === key) return known.planner;
      const own = await Promise.all(published.map(([name]) => ifUsable(deps.findRunbook(db, org, name))));
      const usable = own.flatMap((one) => (one === null ? [] : [one.runbook]));
      const runbooks = [...installed.filter(({ spec }) => !spec.deprecated), ...usable];
      const planner = plannerOver(deps, tools, new Map(runbooks.map((runbook) => [runbook.name, runbook])));
      kept.delete(org);
      if (kept.size >= organizationsKept) kept.delete(kept.keys().next().value ?? "");
      kept.set(org, { key, planner });
      return planner;
    },
    async forOne(db, org, reference) {
      const { runbook } = await deps.findRunbook(db, org, reference);
      const { tools } = await catalogOf(deps, db, org);
      return plannerOver(deps, tools, new Map([[reference, runbook]]));
    },
  };
}

function plannerOver(
  { catalog }: Pick<ApiDeps, "catalog">,
  tools: Catalog["tools"],
  runbooks: ReadonlyMap<string, Runbook>,
): Planner {
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
  const schemaFor = (name: string): JsonObject => schemas.get(name) ?? {};
  return {
    matcher: createMatcher(described),
    effectOf: createEffectOf({ runbooks, tools: new Map(toolsOf(tools)), schemaOf: schemaFor }),
  };
}

function toolsOf(tools: Catalog["tools"]): [string, CatalogTool["tool"]][] {
  return [...tools].map(([name, { tool }]) => [name, tool]);
}

function schemaOf({ parameters }: Runbook["spec"]): JsonObject {
  return z.toJSONSchema(parameters, { io: "input", unrepresentable: "any" }) as JsonObject;
}
