import { createHmac } from "node:crypto";

/**
 * Five users of the database, none a superuser and none past row-level security: the migrator owns the tables, the API
 * sees the organization that its transaction names, the engine works for all, sign-in reaches people and their
 * sessions, which the others don't, and backups read everything and write nothing.
 */
export const ROLES = ["gantry_migrator", "gantry_api", "gantry_engine", "gantry_auth", "gantry_backup"] as const;

export type Role = (typeof ROLES)[number];

export type RolePasswords = Record<Role, string>;

/** The same key always yields the same passwords, so they are stored nowhere. */
export function deriveRolePasswords(platformKey: Uint8Array): RolePasswords {
  const derive = (role: Role) =>
    createHmac("sha256", platformKey).update(`gantry/postgres/${role}`).digest("base64url");
  return {
    gantry_migrator: derive("gantry_migrator"),
    gantry_api: derive("gantry_api"),
    gantry_engine: derive("gantry_engine"),
    gantry_auth: derive("gantry_auth"),
    gantry_backup: derive("gantry_backup"),
  };
}

const bounded = {
  transaction_timeout: "60s",
  statement_timeout: "30s",
  lock_timeout: "10s",
  idle_in_transaction_session_timeout: "30s",
};

/**
 * Bounds that hold whatever a query forgets. No transaction outlives a minute, because readers wait for the oldest one
 * before they trust what they saw. The migrator sets its own, per migration.
 */
export const ROLE_SETTINGS: Record<Role, Record<string, string>> = {
  gantry_migrator: {},
  gantry_api: bounded,
  gantry_engine: bounded,
  gantry_auth: bounded,
  // Its one transaction takes as long as the backup; it only reads, so no reader waits for it.
  gantry_backup: { default_transaction_read_only: "on", lock_timeout: "10s" },
};
