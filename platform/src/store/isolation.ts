/**
 * What tables must have whichever migration made them, run by their owner: policies that keep organizations apart, and one that
 * lets the role of backups read.
 */
export const afterMigrations = "SELECT cover_tenant_tables(); SELECT let_backup_read()";
