import type { Queryable } from "./queryable.ts";

/**
 * What tables must have whichever migration made them, run by their owner: policies that keep organizations apart, and one that
 * lets the role of backups read.
 */
export const afterMigrations = "SELECT cover_tenant_tables(); SELECT let_backup_read()";

/**
 * What would let one organization see another, in words; nothing where all is well. One query, of the catalogue as it is: it doesn't
 * matter who changed what, and when.
 */
export async function isolationProblems(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ problem: string }>(
    `WITH narrow AS (SELECT oid, rolname FROM pg_roles WHERE rolname IN ('gantry_api', 'gantry_engine', 'gantry_auth')),
      ours AS (SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
      tenants AS (SELECT c.* FROM pg_class c JOIN ours n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND EXISTS (SELECT FROM pg_attribute a
          WHERE a.attrelid = c.oid AND a.attname = 'org' AND a.attnum > 0 AND NOT a.attisdropped)),
      rights AS (SELECT 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER'::text AS any)
    SELECT format('%s is a superuser or passes row-level security', r.rolname) AS problem
      FROM narrow r JOIN pg_roles p USING (oid) WHERE p.rolsuper OR p.rolbypassrls
    UNION ALL
    SELECT format('%s is a member of %s', r.rolname, p.rolname) FROM narrow r JOIN pg_roles p ON p.oid <> r.oid
      AND pg_has_role(r.oid, p.oid, 'MEMBER') WHERE NOT (SELECT s.rolsuper FROM pg_roles s WHERE s.oid = r.oid)
    UNION ALL
    SELECT format('%s owns schema %s', r.rolname, n.nspname) FROM narrow r JOIN pg_namespace n ON n.nspowner = r.oid
      WHERE n.nspname !~ '^pg_(toast_)?temp_'
    UNION ALL
    SELECT format('%s owns %s', r.rolname, c.oid::regclass) FROM narrow r JOIN pg_class c ON c.relowner = r.oid
      JOIN ours n ON n.oid = c.relnamespace
    UNION ALL
    SELECT format('%s owns function %s', r.rolname, f.oid::regprocedure) FROM narrow r JOIN pg_proc f ON f.proowner = r.oid
    UNION ALL
    SELECT format('%s holds rows of organizations without forced row-level security', t.oid::regclass) FROM tenants t, rights
      WHERE NOT (t.relrowsecurity AND t.relforcerowsecurity) AND (NOT t.relispartition OR EXISTS (
        SELECT FROM narrow r WHERE has_table_privilege(r.oid, t.oid, rights.any) OR has_any_column_privilege(r.oid, t.oid, 'SELECT, INSERT, UPDATE')))
    UNION ALL
    SELECT format('%s has no policy', t.oid::regclass) FROM tenants t
      WHERE NOT t.relispartition AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.oid
        AND (0 = ANY (p.polroles) OR p.polroles && ARRAY(SELECT oid FROM narrow)))
    UNION ALL
    SELECT format('%s can''t be erased with its organization: the policy "within" is missing', t.oid::regclass) FROM tenants t
      WHERE NOT t.relispartition AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.oid AND p.polname = 'within')
    UNION ALL
    SELECT format('policy %s of %s shows gantry_api more than one organization', p.polname, t.oid::regclass)
      FROM tenants t JOIN pg_policy p ON p.polrelid = t.oid AND p.polpermissive AND p.polcmd <> 'a'
      WHERE (0 = ANY (p.polroles) OR (SELECT oid FROM narrow WHERE rolname = 'gantry_api') = ANY (p.polroles))
        AND pg_get_expr(p.polqual, p.polrelid) NOT LIKE '%gantry.org%'
    UNION ALL
    SELECT format('gantry_auth reaches %s, beyond schema auth', c.oid::regclass) FROM narrow r, rights, pg_class c JOIN ours n ON n.oid = c.relnamespace
      WHERE r.rolname = 'gantry_auth' AND n.nspname <> 'auth' AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
        -- Who signed in, or couldn't, is written down.
        AND (has_table_privilege(r.oid, c.oid, CASE WHEN c.relname = 'audit_records' THEN replace(rights.any, 'INSERT, ', '') ELSE rights.any END)
          OR (c.relname <> 'audit_records' AND has_any_column_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE')))
    ORDER BY problem`,
  );
  return rows.map(({ problem }) => problem);
}
