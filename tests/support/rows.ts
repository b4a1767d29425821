import { randomBytes, randomUUID } from "node:crypto";
import type pg from "pg";

interface Column {
  table: string;
  name: string;
  type: string;
  /** Must be given: not null, without a default. */
  needed: boolean;
}

/** Every table with an organization, and its columns, from the database's own catalogue. */
export async function tenantColumns(db: Pick<pg.ClientBase, "query">): Promise<Map<string, Column[]>> {
  const { rows } = await db.query<Column>(
    `SELECT t.name AS table, a.attname AS name, format_type(a.atttypid, NULL) AS type,
        a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AND a.attgenerated = '' AS needed
      FROM tenant_tables() t JOIN pg_attribute a ON a.attrelid = t.id AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY t.name, a.attnum`,
  );
  return Map.groupBy(rows, ({ table }) => table);
}

/**
 * A row of the organization in each of these tables, made of nothing but what the catalogue says, so that a table of tomorrow gets
 * one too. A superuser's connection to a database of the test's own: checks are dropped, triggers and foreign keys are off.
 */
export async function plantRows(
  db: Pick<pg.ClientBase, "query">,
  tables: ReadonlyMap<string, readonly Column[]>,
  org: string,
): Promise<void> {
  await db.query(`DO $$ DECLARE c record; BEGIN
    FOR c IN SELECT t.name, k.conname FROM tenant_tables() t
        JOIN pg_constraint k ON k.conrelid = t.id AND k.contype = 'c' AND k.conislocal LOOP
      EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.name, c.conname);
    END LOOP; END $$`);
  await db.query("SET session_replication_role = replica");
  for (const [table, columns] of tables) {
    const given = columns.filter(({ name, needed }) => needed || name === "org");
    await db.query(
      `INSERT INTO ${table} (${given.map(({ name }) => `"${name}"`).join(", ")})
       VALUES (${given.map(({ type }, index) => `$${index + 1}::${type}`).join(", ")}) ON CONFLICT DO NOTHING`,
      given.map(({ name, type }) => (name === "org" ? org : valueOf(type))),
    );
  }
  await db.query("SET session_replication_role = origin");
}

function valueOf(type: string): unknown {
  switch (type) {
    case "uuid":
      return randomUUID();
    case "text":
      return `planted-${randomBytes(6).toString("hex")}`;
    case "text[]":
      return ["planted"];
    case "uuid[]":
      return [randomUUID()];
    case "json":
    case "jsonb":
      return "{}";
    case "bytea":
      return randomBytes(8);
    case "boolean":
      return false;
    case "timestamp with time zone":
      return new Date();
    default:
      return 1;
  }
}
