import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { query } from "./helpers.ts";

const org = "01990000-0000-7000-8000-000000000001";
const actor = "01990000-0000-7000-8000-00000000000a";
const team = "01990000-0000-7000-8000-00000000000b";
const hash = "\\x01";

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await query(
    database.superuserUrl,
    `INSERT INTO organizations (org, name) VALUES ('${org}', 'one');
     INSERT INTO actors (id, org, kind, name, groups) VALUES ('${actor}', '${org}', 'user', 'operator', '{approvers}');
     INSERT INTO api_keys (id, org, actor, prefix, hash, scopes) VALUES (gen_random_uuid(), '${org}', '${actor}', 'p', '${hash}', '{read}');
     INSERT INTO teams (org, id, name) VALUES ('${org}', '${team}', 'dba')`,
  );
});
afterAll(() => database[Symbol.asyncDispose]());

test("a member's groups and roles are those of its teams too, and end with the membership or the binding", async () => {
  const before = await find();
  await change(`INSERT INTO team_members (org, team, actor) VALUES ('${org}', '${team}', '${actor}')`);
  await change(
    `INSERT INTO role_bindings (org, id, role, team) VALUES ('${org}', gen_random_uuid(), 'operator', '${team}')`,
  );
  await change(
    `INSERT INTO role_bindings (org, id, role, actor, expires_at) VALUES ('${org}', gen_random_uuid(), 'owner', '${actor}', now())`,
  );
  const member = await find();
  expect(member).toMatchObject({
    actor_groups: ["approvers", "dba"],
    roles: [{ role: "operator", project: null, environment: null }],
  });
  expect(Number(member?.["access_version"])).toBeGreaterThan(Number(before?.["access_version"]));

  await change(`UPDATE teams SET name = 'databases' WHERE id = '${team}'`);
  expect((await find())?.["actor_groups"]).toEqual(["approvers", "databases"]);

  await change(`DELETE FROM teams WHERE id = '${team}'`);
  const left = await find();
  expect(left).toMatchObject({ actor_groups: ["approvers"], roles: [] });
  expect(Number(left?.["access_version"])).toBeGreaterThan(Number(member?.["access_version"]));
});

test("nobody's role changes or deletes what was audited, and sign-in only writes it", async () => {
  const insert = "INSERT INTO audit_records (org, id, actor, action, target, result) VALUES";
  const row = `('${org}', gen_random_uuid(), '{}', 'test', '{}', 'allowed')`;
  for (const url of [database.apiUrl, database.engineUrl, database.authUrl]) {
    await query(url, `SET gantry.org = '${org}'; ${insert} ${row}`);
    await expect(query(url, "UPDATE audit_records SET action = 'other'")).rejects.toThrow("permission denied");
    await expect(query(url, "DELETE FROM audit_records")).rejects.toThrow("permission denied");
  }
  await expect(query(database.authUrl, "SELECT FROM audit_records")).rejects.toThrow("permission denied");
  await expect(query(database.authUrl, "SELECT FROM actors")).rejects.toThrow("permission denied");
});

async function find(): Promise<Record<string, unknown> | undefined> {
  return (await query(database.apiUrl, `SELECT * FROM find_api_keys(ARRAY['${hash}'::bytea])`))[0];
}

/** As the API does it. */
async function change(statement: string): Promise<void> {
  await query(database.apiUrl, `SET gantry.org = '${org}'; ${statement}`);
}
