import type { Pool } from "pg";
import type { Log } from "../../lib/log.ts";
import {
  holdLeaseFor,
  noteLeaseFailure,
  removeLease,
  takeDueLeases,
  type SecretLease,
} from "../../store/organization/secret-leases.ts";
import { VaultRefusedError } from "./errors.ts";
import type { ExternalSecrets } from "./external-secrets.ts";

export interface LeaseKeeperDeps {
  /** Of role gantry_engine. */
  pool: Pool;
  external: Pick<ExternalSecrets, "clientOf">;
  now(): number;
  log: Log;
}

const atOnce = 50;
const longestWaitMs = 5 * 60_000;

/** Renews what runs still need, and revokes what was made for runs that have ended. @returns how many were revoked. */
export async function keepLeases(deps: LeaseKeeperDeps): Promise<number> {
  let revoked = 0;
  for (;;) {
    const due = await takeDueLeases(deps.pool, atOnce);
    const done = await Promise.all(due.map((lease) => keep(deps, lease)));
    revoked += done.filter(Boolean).length;
    if (due.length < atOnce) return revoked;
  }
}

/** @returns whether it was revoked. */
async function keep({ pool, external, now, log }: LeaseKeeperDeps, lease: SecretLease): Promise<boolean> {
  const { org, run, path, tries } = lease;
  const about = { org, run, path, lease: lease.lease };
  if (lease.lease === null) {
    await removeLease(pool, lease);
    log.warn(
      about,
      "A worker died while it asked Vault for a credential; if one was made, it ends with its time to live",
    );
    return false;
  }
  const ended = lease.expiresAt.getTime() <= now();
  try {
    if (ended && lease.status === "live") {
      await removeLease(pool, lease);
      log.info(about, "A credential of Vault reached the end of its time");
      return false;
    }
    const client = await external.clientOf(lease, lease.connection);
    if (lease.status === "revoking") {
      await client.call("POST", "sys/leases/revoke", { lease_id: lease.lease });
      await removeLease(pool, lease);
      return true;
    }
    const answer = await client.call("POST", "sys/leases/renew", {
      lease_id: lease.lease,
      increment: lease.ttlSeconds,
    });
    const { renewable = false, lease_duration: ttlSeconds = 0 } = answer ?? {};
    await holdLeaseFor(pool, { ...lease, renewable, ttlSeconds });
  } catch (error) {
    if (ended) {
      await removeLease(pool, lease);
      log.warn({ ...about, err: error, tries }, "A credential of Vault couldn't be revoked before its time was over");
      return false;
    }
    // What can't be renewed is good until its end, and revoked with its run.
    const renewal = lease.status === "live" && error instanceof VaultRefusedError;
    const waitMs = renewal
      ? Math.max(1_000, lease.expiresAt.getTime() - now())
      : Math.min(longestWaitMs, 2_000 * 2 ** Math.min(tries, 10));
    const failure = error instanceof Error ? error.message : String(error);
    await noteLeaseFailure(pool, lease, { failure, waitMs });
    log.warn(
      { ...about, err: error, tries },
      "A credential of Vault couldn't be renewed or revoked; trying again later",
    );
  }
  return false;
}
