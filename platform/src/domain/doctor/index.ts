/** What `gantry doctor` and the dashboard say of a server, from what was looked at: pure. Imported by the API. */
export { backupChecks } from "./backups.ts";
export { blobChecks } from "./blobs.ts";
export { databaseChecks } from "./database.ts";
export { encryptionChecks, rotationCheck } from "./encryption.ts";
export { installationChecks } from "./installation.ts";
export { mcpSignInChecks } from "./mcp.ts";
export { breakGlassCheck, killSwitchCheck, toRunCheck, workersCheck, workerToolChecks } from "./work.ts";
