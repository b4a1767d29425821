import type { JsonObject, Runbook } from "@gantry/sdk";
import { z } from "zod";
import { createEffectOf, createMatcher, withoutHardPatterns, type UnderstandDeps } from "../../planner/index.ts";
import { ifUsable, publishedBy } from "../../runbooks/index.ts";
import type { Queryable } from "../../store/queryable.ts";
import type { ApiDeps } from "../deps.ts";

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
      const own = await Promise.all(published.map(([name]) => ifUsable(deps.findRunbook(db, org, name))));
      const usable = own.flatMap((one) => (one === null ? [] : [one.runbook]));
      const runbooks = [...installed.filter(({ spec }) => !spec.deprecated), ...usable];
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
