import type { Actor } from "@gantry/sdk";
import type { Pool } from "pg";
import { writeAudit } from "../store/records/audit-records.ts";
import { inOrganization } from "../store/organization.ts";
import { noteSecretUse, secretsOfRun } from "../store/runs/run-secrets.ts";
import type { OrganizationKeys } from "./organization-keys.ts";
import { findSecretVersion, openSecretVersion } from "./store.ts";
import type { ExternalSecrets, SecretUse } from "./vault/external-secrets.ts";
import { isVaultReference } from "./vault/reference.ts";

/** What asks for secrets: an attempt of a step, for somebody. */
export interface SecretRequest extends SecretUse {
  stepKey: string;
  operation: string;
  tool: string;
  requester: Actor;
}

/** Secrets as attempts get them: each use is recorded, and what a run was given is hidden in all that it says from then on. */
export interface RunSecrets {
  /** @throws SecretNotFoundError, and the errors of Vault. */
  resolve(request: SecretRequest, name: string): Promise<string>;
  /** What the run was given so far, also by workers that had it before; undefined for nothing, which is nearly always. */
  given(request: Pick<SecretRequest, "org" | "runId" | "fence">): Promise<readonly string[]> | undefined;
}

/** Runs whose secrets are remembered at once. */
const mostRuns = 10_000;

export function createRunSecrets(deps: {
  /** Of role gantry_engine. */
  pool: Pool;
  keys: OrganizationKeys;
  external(): Promise<ExternalSecrets>;
  newId(): string;
}): RunSecrets {
  const { pool, keys } = deps;
  const given = new Map<string, Promise<Set<string>>>();

  const keep = (runId: string, values: Promise<Set<string>>): void => {
    given.delete(runId);
    given.set(runId, values);
    const [oldest] = given.keys();
    if (given.size > mostRuns && oldest !== undefined) given.delete(oldest);
  };
  const remember = async (runId: string, value: string): Promise<void> => {
    const known = given.get(runId) ?? Promise.resolve(new Set<string>());
    keep(runId, known);
    (await known).add(value);
  };

  /** Values of Vault aren't among them: they are stored nowhere. */
  const readGiven = async (org: string, runId: string): Promise<Set<string>> => {
    const rows = await inOrganization(pool, org, (tx) => secretsOfRun(tx, runId));
    return new Set(await Promise.all(rows.map((row) => openSecretVersion(keys, row))));
  };

  return {
    async resolve(request, name) {
      const value = isVaultReference(name) ? await readExternal(request, name) : await readStored(request, name);
      await remember(request.runId, value);
      return value;
    },
    given({ org, runId, fence }) {
      const known = given.get(runId);
      if (known !== undefined) return known.then((values) => [...values]);
      // Whoever claimed it first knows all that it was given.
      if (fence <= 1) return undefined;
      const reading = readGiven(org, runId);
      keep(runId, reading);
      reading.catch(() => given.delete(runId));
      return reading.then((values) => [...values]);
    },
  };

  async function readStored(request: SecretRequest, name: string): Promise<string> {
    const { org, project, environment, runId } = request;
    await keys.prepare(org);
    const row = await inOrganization(pool, org, async (tx) => {
      const found = await findSecretVersion(tx, { org, project, environment, name });
      await noteSecretUse(tx, { org, run: runId, secret: found.id, version: found.version });
      const { id, version, project: of, environment: at } = found;
      await writeAudit(tx, recordOf(request, { secret: name, id, version, project: of, environment: at }));
      return found;
    });
    return openSecretVersion(keys, row);
  }

  async function readExternal(request: SecretRequest, name: string): Promise<string> {
    await inOrganization(pool, request.org, (tx) => writeAudit(tx, recordOf(request, { secret: name })));
    return (await deps.external()).read(request, name);
  }

  function recordOf(request: SecretRequest, target: Parameters<typeof writeAudit>[1]["target"]) {
    const { org, requester, runId: run, stepKey: step, attemptId: attempt, operation, tool } = request;
    return {
      id: deps.newId(),
      org,
      actor: { kind: "platform" as const, id: "worker", name: "worker" },
      onBehalfOf: { kind: requester.kind, id: requester.id, name: requester.name },
      action: "secret.use",
      target,
      details: { run, step, attempt, operation, tool },
    };
  }
}
