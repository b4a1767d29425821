import { randomUUID } from "node:crypto";
import { beforeAll, afterAll, expect, test } from "vitest";
import pg from "pg";
import { isolationProblems } from "../../../platform/src/store/isolation.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { plantRows, tenantColumns } from "../../support/rows.ts";

let database: TestDatabase;
let superuser: pg.Client;
let api: pg.Client;
/** Of the same role; it never names an organization. */
let nobody: pg.Client;
const [ours, theirs] = [randomUUID(), randomUUID()];
let tables: Awaited<ReturnType<typeof tenantColumns>>;

beforeAll(async () => {
  database = await createTestDatabase();
  superuser = new pg.Client({ connectionString: database.superuserUrl });
  api = new pg.Client({ connectionString: database.apiUrl });
  nobody = new pg.Client({ connectionString: database.apiUrl });
  await Promise.all([superuser.connect(), api.connect(), nobody.connect()]);
  tables = await tenantColumns(superuser);
  await plantRows(superuser, tables, ours);
  await plantRows(superuser, tables, theirs);
});

afterAll(async () => {
  await Promise.all([superuser.end(), api.end(), nobody.end()]);
  await database[Symbol.asyncDispose]();
});

/** What a statement of the API's role did, as `org`; undone. `denied`: it has no right to it in the first place. */
async function as(
  org: string | null,
  statement: string,
  values: unknown[] = [],
): Promise<number | "denied" | "refused"> {
  const client = org === null ? nobody : api;
  await client.query("BEGIN");
  try {
    if (org !== null) await client.query("SELECT set_config('gantry.org', $1, true)", [org]);
    return (await client.query(statement, values)).rowCount ?? 0;
  } catch (error) {
    const { code, message } = error as pg.DatabaseError;
    if (code === "42501") return message.includes("row-level security") ? "refused" : "denied";
    throw error;
  } finally {
    await client.query("ROLLBACK");
  }
}

test("as the API's role, no table of organizations shows a row without an organization, and only its own with one", async () => {
  expect(tables.size).toBeGreaterThan(40);
  for (const [table, columns] of tables) {
    const [column] = columns.filter(({ name }) => name !== "org");
    for (const what of ["org", `"${column?.name ?? ""}"`]) {
      expect([table, await as(null, `SELECT ${what} FROM ${table}`)]).toEqual([table, expect.toBeOneOf([0, "denied"])]);
      expect([table, await as(ours, `SELECT ${what} FROM ${table} WHERE org = $1`, [theirs])]).toEqual([
        table,
        expect.toBeOneOf([0, "denied"]),
      ]);
      // That the row is there at all, or the lines above would prove nothing.
      expect([table, await as(ours, `SELECT ${what} FROM ${table}`)]).toEqual([table, expect.toBeOneOf([1, "denied"])]);
    }
    expect([table, (await superuser.query(`SELECT FROM ${table}`)).rowCount]).toEqual([table, 2]);
  }
});

test("as the API's role, a pooled connection on which an organization was named before shows nothing, and no error", async () => {
  const pooled = new pg.Client({ connectionString: database.apiUrl });
  await pooled.connect();
  try {
    await pooled.query(`BEGIN; SET LOCAL gantry.org = '${ours}'; COMMIT`);
    const { rows } = await pooled.query<{ org: string }>("SELECT current_setting('gantry.org', true) AS org");
    // Empty from then on, not unset.
    expect(rows).toEqual([{ org: "" }]);
    for (const table of tables.keys()) {
      const found = await pooled.query(`SELECT org FROM ${table}`).then(
        ({ rowCount }) => rowCount,
        ({ code }: pg.DatabaseError) => code,
      );
      // 42501: no right to it in the first place.
      expect([table, found]).toEqual([table, expect.toBeOneOf([0, "42501"])]);
      const written = await pooled.query(`UPDATE ${table} SET org = org`).then(
        ({ rowCount }) => rowCount,
        ({ code }: pg.DatabaseError) => code,
      );
      expect([table, written]).toEqual([table, expect.toBeOneOf([0, "42501"])]);
    }
  } finally {
    await pooled.end();
  }
});

test("as the API's role, nothing can be written, moved or deleted in another organization, in any table", async () => {
  for (const table of tables.keys()) {
    const copied = `INSERT INTO ${table} SELECT * FROM (SELECT (jsonb_populate_record(NULL::${table}, $1::jsonb)).*) x`;
    const { rows } = await superuser.query<{ row: object }>(
      `SELECT to_jsonb(t) AS row FROM ${table} t WHERE org = $1`,
      [theirs],
    );
    const row = JSON.stringify({ ...rows[0]?.row, id: randomUUID() });
    for (const org of [null, ours]) {
      // 0: a trigger found that it belongs to nothing.
      expect([table, await as(org, copied, [row])]).toEqual([table, expect.toBeOneOf([0, "refused", "denied"])]);
      const moved = await as(org, `UPDATE ${table} SET org = $1`, [theirs]);
      expect([table, moved]).toEqual([table, expect.toBeOneOf([0, "refused", "denied"])]);
      expect([table, await as(org, `DELETE FROM ${table} WHERE org = $1`, [theirs])]).toEqual([
        table,
        expect.toBeOneOf([0, "denied"]),
      ]);
    }
  }
});

test("a database whose roles, owners or policies would let organizations see each other is recognised", async () => {
  const seen = () => isolationProblems(superuser);
  expect(await seen()).toEqual([]);
  const wrongs: [wrong: string, problem: string][] = [
    ["ALTER ROLE gantry_api BYPASSRLS", "gantry_api is a superuser or passes row-level security"],
    ["ALTER ROLE gantry_engine SUPERUSER", "gantry_engine is a superuser or passes row-level security"],
    ["GRANT gantry_migrator TO gantry_api", "gantry_api is a member of gantry_migrator"],
    ["GRANT pg_read_all_data TO gantry_auth", "gantry_auth is a member of pg_read_all_data"],
    ["ALTER TABLE variables OWNER TO gantry_api", "gantry_api owns variables"],
    ["ALTER FUNCTION tenant_tables() OWNER TO gantry_engine", "gantry_engine owns function tenant_tables()"],
    [
      "ALTER TABLE runs NO FORCE ROW LEVEL SECURITY",
      "runs holds rows of organizations without forced row-level security",
    ],
    ["CREATE TABLE more (org uuid)", "more has no policy"],
    [
      "CREATE POLICY wide ON goals TO gantry_api USING (true)",
      "policy wide of goals shows gantry_api more than one organization",
    ],
    ["GRANT SELECT (name) ON teams TO gantry_auth", "gantry_auth reaches teams, beyond schema auth"],
  ];
  for (const [wrong, problem] of wrongs) {
    await superuser.query("BEGIN");
    await superuser.query(wrong);
    expect([wrong, await seen()]).toEqual([wrong, expect.arrayContaining([problem])]);
    await superuser.query("ROLLBACK");
  }
  expect(await seen()).toEqual([]);
});
