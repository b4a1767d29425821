import { join } from "node:path";
import type { Pool } from "pg";
import { defaultApiConfig } from "../api/deps.ts";
import { clientConfig } from "../postgres/index.ts";
import { createFindRunbook, makePlanOf } from "../runbooks/index.ts";
import { createFindStanding, factsOfPlace } from "../policy/index.ts";
import { createNotifier, workChannel } from "../store/journal/notify.ts";
import { databaseTime } from "../store/plans/triggers.ts";
import { variablesAt } from "../store/organization/variables.ts";
import { createAddressGuard } from "../outgoing/index.ts";
import { createLsRemote, evaluate, startTriggerLoop, type FireDeps, type LsRemote } from "../triggers/index.ts";
import { openExec } from "./open-exec.ts";
import type { Parts } from "./parts.ts";

/** What firing a trigger needs of this installation, in whichever process. */
export function triggerParts({
  catalog,
  mcpTools,
}: Pick<Parts, "catalog" | "mcpTools">): Pick<FireDeps, "makePlan" | "evaluate" | "mayStart"> {
  const findStanding = createFindStanding();
  const findRunbook = createFindRunbook(catalog, mcpTools);
  return {
    makePlan: async (db, { org, project, runbook, version, parameters, environment }) => {
      const found = await findRunbook(db, org, version === null ? runbook : `${runbook}@${version}`);
      const variables = await variablesAt(db, { org, project, environment });
      return makePlanOf(catalog, found, { runbook, parameters, environment, variables });
    },
    // What its owner took in an emergency starts nothing by itself.
    mayStart: async (db, { org, actor, ...at }) => {
      const credential = { kind: "trigger", mfaAt: null };
      const standing = await findStanding(db, { org, actor, credential, breakGlass: false });
      const decision = standing("runs.create", (of, rules) => factsOfPlace(of, rules, at));
      return decision.allowed ? null : decision.reasons.join(" ");
    },
    evaluate: async (expressions, scope) => evaluate(expressions, scope),
  };
}

/** Looks after triggers that nobody calls. Every process does; at repositories only those that run tools look. */
export async function startTriggers(parts: Parts, { engine }: { engine: Pool }): Promise<{ stop(): Promise<void> }> {
  const { config, database, log, newId } = parts;
  const notifier = createNotifier({
    clientConfig: clientConfig(database.engineUrl, { name: "gantry-triggers-notify" }),
    random: Math.random,
    log,
  });
  const loop = startTriggerLoop({
    ...triggerParts(parts),
    pool: engine,
    time: databaseTime,
    lsRemote: config.role === "api" ? null : await openLsRemote(parts),
    newId,
    queueLimit: defaultApiConfig.queueLimit,
    wakeWorkers: () => notifier.notify(workChannel),
    pollMs: 1_000,
    log,
  });
  return {
    stop: async () => {
      await loop.stop();
      await notifier.close();
    },
  };
}

async function openLsRemote(parts: Parts): Promise<LsRemote> {
  const { config, newId } = parts;
  const searchPath = config.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin";
  const { exec } = await openExec(parts, searchPath, "trigger-executions");
  return createLsRemote({
    exec,
    guard: createAddressGuard(config.outgoingAllow),
    root: join(config.dataDir, "trigger-workspaces"),
    newId,
  });
}
