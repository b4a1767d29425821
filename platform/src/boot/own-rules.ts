import type { Pool } from "pg";
import type { PolicedRun } from "../engine/index.ts";
import { createRulesCache, type OwnRules } from "../policy/index.ts";
import { readRules } from "../store/control/rules.ts";

/** What a run's organization, project and environment add to policy, read anew once the run was loaded with a newer version. */
export function createOwnRules(engine: Pool): (run: PolicedRun) => Promise<OwnRules> {
  const cache = createRulesCache<Pool>(readRules, "head");
  return async ({ org, project, environment, basis }) => {
    const space = basis.indexOf(" ");
    const rules = await cache.atLeast(engine, org, BigInt(basis.slice(0, space)));
    const requester = JSON.parse(basis.slice(space + 1)) as OwnRules["requester"];
    const { name } = rules.project(project) ?? { name: "" };
    return { org, project: { id: project, name }, policies: rules.at({ project, environment }), requester };
  };
}
