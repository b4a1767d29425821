import { join } from "node:path";
import type { Connection, JsonObject } from "@gantry/sdk";
import type { EventBus } from "@gantry/sdk/event-bus";
import type { Pool } from "pg";
import { hostId, type BlobStore } from "../blobs/index.ts";
import { createDatabaseClock, createWorker, workerDefaults, type AttemptRequest } from "../engine/index.ts";
import { probeHostTools } from "../exec/index.ts";
import { createLiveAnswers } from "../live-answers/index.ts";
import { clientConfig } from "../postgres/index.ts";
import { answersChannel, createTeller, listen, readersChannel } from "../store/journal/notify.ts";
import { createModels } from "../models/index.ts";
import { createFindRunbook, currentRunbooks, makePlanOf } from "../runbooks/index.ts";
import { ConnectionNotFoundError, createRunner } from "../runner/index.ts";
import { createRunSecrets, stateBackendEnvironment } from "../secrets/index.ts";
import { nearestConnection } from "../store/organization/connections.ts";
import { createSigner } from "../signing/index.ts";
import { inOrganization } from "../store/organization.ts";
import { noteProposedPlan } from "../store/plans/proposed-plans.ts";
import { variablesAt } from "../store/organization/variables.ts";
import { namesCollector } from "../telemetry/index.ts";
import { createAsk } from "./ask-people.ts";
import { createCallPolicy } from "./call-policy.ts";
import { openExternalSecrets, type Place } from "./external-secrets.ts";
import { createMemory } from "./memory-store.ts";
import { openExec } from "./open-exec.ts";
import type { Parts } from "./parts.ts";
import { createRecords } from "./records-client.ts";
import { createOwnRules } from "./own-rules.ts";

/** A state's password outlives its attempt by this: refusing a late write would lose track of real resources. */
const stateTokenGraceMs = 24 * 3_600_000;

/** A worker of this process: claims runs and carries them out with this host's tools. */
export async function startWorker(
  parts: Parts,
  { engine, blobs, sinks }: { engine: Pool; blobs: BlobStore; sinks: EventBus },
): Promise<{ stop(): Promise<void> }> {
  const { config, log, catalog, assess, keyring, keys, database, mcp, mcpTools, newId, version } = parts;
  const searchPath = config.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin";
  const host = await hostId(config.dataDir);
  // A wall clock that jumps must neither end attempts nor let them run on.
  const clock = createDatabaseClock();
  const findConnection = async ({ org, project, environment }: Place, name: string): Promise<Connection> => {
    const found = await inOrganization(engine, org, (tx) => nearestConnection(tx, { org, project, environment, name }));
    if (found === null) throw new ConnectionNotFoundError(name);
    const { kind, settings, secrets: credentials } = found;
    return { name, kind, settings, secrets: credentials };
  };
  const vault = openExternalSecrets(parts, engine, findConnection);
  const secrets = createRunSecrets({ pool: engine, keys, external: vault.external, newId });
  const ownRules = createOwnRules(engine);
  const findRunbook = createFindRunbook(catalog, mcpTools);
  const models = createModels({
    pool: engine,
    keys,
    guard: mcp.guard,
    now: clock.now,
    random: Math.random,
    newId,
    log,
  });
  const [{ exec, sandbox }, tools] = await Promise.all([
    openExec(parts, searchPath, "executions"),
    probeHostTools(searchPath),
  ]);
  const live = openLiveAnswers(parts);
  const telemetry = await openTelemetryOf(parts, host);
  const runner = createRunner({
    host,
    tools: catalog.tools,
    mcpTools: (org) => inOrganization(engine, org, (tx) => mcpTools(tx, org)),
    log,
    exec,
    pool: engine,
    blobs,
    clock: clock.now,
    workspaces: join(config.dataDir, "workspaces"),
    hostdirs: join(config.dataDir, "hosts"),
    baseEnvironment: { PATH: searchPath, LANG: config.environment["LANG"] ?? "C.UTF-8" },
    searchPath,
    resolveSecret: secrets.resolve,
    secretsGiven: secrets.given,
    resolveConnection: findConnection,
    answer: models.answer,
    live: live.answers,
    ...(telemetry && { tracer: telemetry }),
    whyNot: createCallPolicy({ engine, assess, ownRules }),
    planning: ({ org, project, environment }) =>
      inOrganization(engine, org, async (db) => ({
        runbooks: await currentRunbooks({ catalog, findRunbook }, db, org),
        variables: await variablesAt(db, { org, project, environment }),
      })),
    proposed: ({ org, runId }, plan) =>
      inOrganization(engine, org, (tx) => noteProposedPlan(tx, { org, run: runId, plan })),
    memory: createMemory({ engine, newId }),
    ask: createAsk(engine),
    records: createRecords({ keyring, now: clock.now, url: () => apiUrl(engine) }),
    stateBackend: async (request, name) =>
      stateBackendEnvironment(keyring, await apiUrl(engine), grantFor(request, name)),
  });
  const worker = createWorker({
    clock,
    config: {
      ...workerDefaults,
      databaseUrl: database.engineUrl,
      host,
      version,
      pool: config.pool,
      agents: catalog.agents.map(({ name, spec }) => ({ name, version: spec.version })),
      tools: [...tools, sandbox],
      capacity: config.workerCapacity,
      leaseMs: config.leaseSeconds * 1_000,
      approvalMs: config.approvalSeconds * 1_000,
      crashAt: config.crashAt ?? null,
    },
    runner,
    assess: (facts, { protection }, own) => assess(facts, { protection }, own),
    loadOwnRules: ownRules,
    planSubRun: async ({ org, project, runbook, parameters, environment }) => {
      const { found, variables } = await inOrganization(engine, org, async (db) => ({
        found: await findRunbook(db, org, runbook),
        variables: await variablesAt(db, { org, project, environment }),
      }));
      return () =>
        makePlanOf(catalog, found, { runbook, parameters: parameters as JsonObject, environment, variables });
    },
    signer: createSigner({ pool: engine, keyring, now: clock.now }),
    onCommitted: sinks.publish,
    newId,
    random: Math.random,
    log,
  });
  await worker.start();
  return {
    stop: async () => {
      await worker.drain();
      await live.stop();
      await telemetry?.stop();
      models.close();
      await vault.stop();
    },
  };
}

/** What models say is told, while they say it, to streams that read it: those of other processes too. */
function openLiveAnswers({ database, log }: Parts) {
  const of = (name: string) => ({
    clientConfig: clientConfig(database.engineUrl, { name }),
    random: Math.random,
    log,
  });
  const teller = createTeller(of("gantry-answers"));
  const answers = createLiveAnswers({
    tell: (payloads) => teller.tell(answersChannel, payloads),
    now: () => performance.now(),
  });
  const readers = listen(of("gantry-readers"), [readersChannel], (_, payload) => answers.onReaders(payload));
  return {
    answers,
    stop: async () => {
      await readers.close();
      await teller.close();
    },
  };
}

/** Loaded only where a collector is named: it costs memory and a part of the start. */
async function openTelemetryOf(
  { config: { environment, otelContent: content }, version, newId, log }: Parts,
  host: string,
) {
  if (!namesCollector(environment)) return null;
  const { openTelemetry } = await import("../telemetry/open-telemetry.ts");
  return openTelemetry({ version, instance: `${host}-${newId()}`, environment, content, log });
}

function grantFor(
  { org, runId, attemptId, fence, project, environment, requester, deadline, subject }: AttemptRequest,
  name: string,
) {
  return {
    org,
    run: runId,
    attempt: subject?.attemptId ?? attemptId,
    fence,
    project,
    environment,
    name,
    actor: requester.name,
    expiresAt: deadline + stateTokenGraceMs,
  };
}

async function apiUrl(db: Pool): Promise<string> {
  const { rows } = await db.query<{ value: string }>("SELECT value FROM installation WHERE key = 'url'");
  return rows[0]?.value ?? "http://127.0.0.1:4680";
}
