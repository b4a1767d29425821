import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { query } from "./helpers.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

test("none of the four roles is a superuser or passes row-level security", async () => {
  for (const url of [database.migratorUrl, database.apiUrl, database.engineUrl, database.authUrl]) {
    const [role] = await query(
      url,
      "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles WHERE rolname = current_user",
    );
    expect(Object.values(role ?? {})).toEqual([false, false, false, false, false]);
  }
});

test("the API sees only the organization that its transaction names", async () => {
  const [mine, theirs] = ["01990000-0000-7000-8000-000000000001", "01990000-0000-7000-8000-000000000002"];
  await query(
    database.superuserUrl,
    `INSERT INTO organizations (org, name) VALUES ('${mine}', 'mine'), ('${theirs}', 'theirs')`,
  );

  expect(await query(database.apiUrl, "SELECT name FROM organizations")).toEqual([]);
  expect(await query(database.apiUrl, `SET gantry.org = '${mine}'; SELECT name FROM organizations`)).toEqual([
    { name: "mine" },
  ]);
  expect(await query(database.engineUrl, "SELECT name FROM organizations ORDER BY name")).toHaveLength(2);
});

test("every table with an organization forces row-level security", async () => {
  const open = await query(
    database.superuserUrl,
    `SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org'
      WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
        AND NOT (c.relrowsecurity AND c.relforcerowsecurity)`,
  );
  expect(open).toEqual([]);
});

test("the API and the engine may neither change tables nor switch row-level security off", async () => {
  for (const url of [database.apiUrl, database.engineUrl, database.authUrl]) {
    await expect(query(url, "CREATE TABLE mine (a int)")).rejects.toThrow("permission denied");
    await expect(query(url, "ALTER TABLE runs DISABLE ROW LEVEL SECURITY")).rejects.toThrow("must be owner");
    await expect(query(url, "SET ROLE gantry_migrator")).rejects.toThrow("permission denied");
  }
});
