import { setTimeout as delay } from "node:timers/promises";
import type { Connection } from "@gantry/sdk";
import type { Pool } from "pg";
import { createAddressGuard } from "../outgoing/index.ts";
import { resolveSecret } from "../secrets/index.ts";
import type { ExternalSecrets } from "../secrets/vault/external-secrets.ts";
import { inOrganization } from "../store/organization.ts";
import { forgetSecretsOfPurgedRuns } from "../store/runs/run-secrets.ts";
import { anyLease } from "../store/organization/secret-leases.ts";
import type { Parts } from "./parts.ts";

export interface Place {
  org: string;
  project: string;
  environment: string;
}

const everyMs = 3_000;
const forgetEveryMs = 6 * 3_600_000;

/**
 * Secrets that stay in Vault and are read where they are used, and the leases of those that Vault makes. Its code is loaded once
 * somebody uses one: most installations have none.
 */
export function openExternalSecrets(
  { config, keys, log, newId }: Parts,
  pool: Pool,
  connection: (place: Place, name: string) => Promise<Connection>,
): { external(): Promise<ExternalSecrets>; stop(): Promise<void> } {
  const stop = new AbortController();
  let opened: Promise<ExternalSecrets> | undefined;
  const external = () =>
    (opened ??= import("../secrets/vault/external-secrets.ts").then(({ createExternalSecrets }) =>
      createExternalSecrets({
        pool,
        guard: createAddressGuard(config.outgoingAllow),
        connection,
        stored: async (place, name) =>
          (await inOrganization(pool, place.org, (tx) => resolveSecret({ tx, keys }, { ...place, name }))).value,
        newId,
        now: Date.now,
        log,
      }),
    ));
  /** Also for those that other workers left: they are rows. */
  const look = async (): Promise<void> => {
    if (opened === undefined && !(await anyLease(pool))) return;
    const { keepLeases } = await import("../secrets/vault/lease-keeper.ts");
    const reader = await external();
    await reader.keepAlive().catch((err: unknown) => log.warn({ err }, "A login at Vault can't be renewed"));
    await keepLeases({ pool, external: reader, now: Date.now, log });
  };
  const run = async (): Promise<void> => {
    let forgottenAt = performance.now();
    while (!stop.signal.aborted) {
      await look().catch((err: unknown) => log.warn({ err }, "Leases of Vault can't be looked after for now"));
      if (performance.now() - forgottenAt > forgetEveryMs) {
        forgottenAt = performance.now();
        await forgetSecretsOfPurgedRuns(pool).catch((err: unknown) =>
          log.warn({ err }, "Old uses of secrets stay for now"),
        );
      }
      await delay(everyMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    external,
    stop: async () => {
      stop.abort();
      await running;
    },
  };
}
