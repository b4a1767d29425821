import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";

/**
 * What Postgres stores instead of a password (RFC 5803), made here so that no password is ever part of a statement: those
 * end up in the server's log, in `pg_stat_statements` and in terminals.
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, "sha256");
  const hmac = (data: string) => createHmac("sha256", salted).update(data).digest();
  const storedKey = createHash("sha256").update(hmac("Client Key")).digest("base64");
  const serverKey = hmac("Server Key").toString("base64");
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}

/** Postgres' own default. Ours are 256 random bits, so more would slow only us. */
const ITERATIONS = 4096;
