import { GantryError } from "@gantry/sdk";
import { api, DoctorPart, type DoctorCheck, type Endpoint } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import {
  backupChecks,
  blobChecks,
  breakGlassCheck,
  databaseChecks,
  encryptionChecks,
  installationChecks,
  killSwitchCheck,
  mcpSignInChecks,
  rotationCheck,
  toRunCheck,
  workersCheck,
  workerToolChecks,
} from "../../domain/doctor/index.ts";
import { listSecrets } from "../../secrets/index.ts";
import { listBreakGlass } from "../../store/access/break-glass.ts";
import { listMcpServers } from "../../store/agents/mcp.ts";
import { listEnvironments } from "../../store/organization/environments.ts";
import { listWorkers } from "../../store/journal/worker-list.ts";
import { backupsView } from "./backups.ts";
import { inspectDatabase } from "./database.ts";
import type { ApiDeps } from "../deps.ts";
import { installationView } from "./installation.ts";
import { killSwitchView } from "../control/kill-switch.ts";
import { refusalOf } from "../http/refusal-of.ts";
import { route, type Call } from "../http/route.ts";
import { currentRunbooks } from "../plans/runbooks.ts";

/** Looks at all that the caller may look at; what can't be looked at is a line of its own, and nothing of the rest is lost. */
export function doctorRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.doctor.get, async (call) => {
    const { only } = call.query;
    const checks: DoctorCheck[] = [];
    for (const part of only === undefined ? DoctorPart.options : [only])
      checks.push(...(await checksOf(call, part, look(deps, call)[part])));
    return { ok: checks.every(({ status }) => status !== "broken"), checks };
  });
}

interface Look {
  /** Who may call it may see what is found. */
  endpoint: Endpoint;
  find(): Promise<DoctorCheck[]>;
  /** What to do for who may not; where it says nothing, they aren't told either. */
  refused?: string;
}

function look(deps: ApiDeps, { caller: { org }, tx }: Call<typeof api.doctor.get>): Record<DoctorPart, Look> {
  return {
    database: {
      endpoint: api.database.get,
      find: async () => databaseChecks(await inspectDatabase(deps)),
      refused: "export GANTRY_KEY=gantry_…  # of an administrator",
    },
    blobs: { endpoint: api.blobs.get, find: async () => blobChecks(await deps.blobPlace.inspect()) },
    encryption: {
      endpoint: api.encryption.status,
      find: async () => encryptionChecks(await deps.encryption.status(org)),
    },
    secrets: {
      endpoint: api.encryption.status,
      find: async () =>
        rotationCheck(await tx((db) => listSecrets(db, { org, project: null, environment: null })), deps.now()),
    },
    installation: {
      endpoint: api.installation.get,
      find: async () => installationChecks(await installationView(deps, tx)),
    },
    backups: {
      endpoint: api.backups.list,
      find: async () => backupChecks(await tx((db) => backupsView(deps, db)), deps.now()),
    },
    workers: {
      endpoint: api.workers.list,
      find: async () => {
        const workers = await tx(listWorkers);
        return [workersCheck(workers), ...workerToolChecks(workers)];
      },
    },
    "kill-switch": { endpoint: api.killSwitch.get, find: async () => [killSwitchCheck(await tx(killSwitchView))] },
    "break-glass": {
      endpoint: api.breakGlass.list,
      find: async () => [
        breakGlassCheck(await tx((db) => listBreakGlass(db, org, { open: null, before: null, limit: 200 }))),
      ],
    },
    "to-run": {
      endpoint: api.runbooks.list,
      find: () =>
        tx(async (db) => {
          const runbooks = await currentRunbooks(deps, db, org);
          const environments = await listEnvironments(db, org);
          return [toRunCheck({ runbooks: runbooks.length, environments: environments.length })];
        }),
    },
    mcp: {
      endpoint: api.mcpServers.list,
      find: async () => mcpSignInChecks(await tx((db) => listMcpServers(db, org))),
    },
  };
}

async function checksOf(
  call: Pick<Call<Endpoint>, "caller" | "demand">,
  name: DoctorPart,
  { endpoint, find, refused }: Look,
): Promise<DoctorCheck[]> {
  const missing = (error: GantryError, mend?: string): DoctorCheck[] => [
    { name, status: "missing", text: `not looked at: ${error.message}`, ...(mend === undefined ? {} : { mend }) },
  ];
  const refusal = await refusalOf(call, endpoint);
  if (refusal !== null) return refused === undefined ? [] : missing(refusal, refused);
  try {
    return await find();
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    return missing(error);
  }
}
