import type { Pool } from "pg";

/** What may be written by a request that changes nothing: who asked when, and that a request is under way. */
export const bookkeeping: readonly string[] = ["idempotency_keys", "api_keys", "session", "sessions", "rate_limits"];

/** Of every table of the catalogue, but some, how many rows, and a hash of all of them. Of one organization, where it is given. */
export async function contentOf(
  admin: Pick<Pool, "query">,
  options: { but?: readonly string[]; org?: string } = {},
): Promise<Record<string, string>> {
  const { but = [], org } = options;
  const { rows: tables } = await admin.query<{ name: string; table: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS table, c.relname AS name
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND n.nspname IN ('public', 'auth') AND c.relname <> ALL ($1) AND ($2 OR EXISTS (
        SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'org' AND NOT a.attisdropped))
      ORDER BY 1`,
    [but, org === undefined],
  );
  const parts = tables.map(
    ({ table }) =>
      `SELECT '${table}' AS name, count(*) || ' ' || COALESCE(sum(hashtextextended(t::text, 0)), 0) AS content FROM ${table} t
        ${org === undefined ? "" : `WHERE org = '${org}'`}`,
  );
  const { rows } = await admin.query<{ name: string; content: string }>(parts.join(" UNION ALL "));
  return Object.fromEntries(rows.map(({ name, content }) => [name, content]));
}
