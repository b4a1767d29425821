/**
 * The database as a service: the embedded server, roles, safety checks, migrations and connections, but no table of the
 * product. Imported by the composition root, the stores and the tests; imports only lib and the sdk.
 */
export { bootstrapDatabase, type DatabaseUrls } from "./bootstrap.ts";
export { clientConfig, connect, withClient } from "./connect.ts";
export { prepareDataDirectory } from "./data-directory.ts";
export { attachEmbeddedPostgres, startEmbeddedPostgres, type EmbeddedPostgres } from "./embedded.ts";
export { inspectServer } from "./inspect.ts";
export { migrate, migrateWithin, readMigrationFiles } from "./migrate.ts";
export { deriveRolePasswords } from "./roles.ts";
