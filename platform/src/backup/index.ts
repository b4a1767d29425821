/**
 * Backups: everything of an installation in one encrypted file, read back, compared, and put into an empty database. Imported by
 * the composition root; imports blobs, postgres, secrets and store.
 */
export { createBackup, type CreatedBackup, type CreateDeps, type CreateOptions } from "./create.ts";
export { drillBackup } from "./drill.ts";
export { dumpDatabase } from "./dump.ts";
export * from "./errors.ts";
export { listBackupFiles } from "./file.ts";
export type { KeySource } from "./key.ts";
export type { Manifest } from "./manifest.ts";
export { restoreBackup } from "./restore.ts";
export { verifyBackup } from "./verify.ts";
