import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDatabaseInspection } from "../../../platform/src/boot/inspect-database.ts";
import { refusalOf, startTestApi, type TestApi } from "../../support/api.ts";
import { createTestCli, type TestCli } from "../../support/cli.ts";

interface Report {
  ok: boolean;
  checks: { name: string; status: string; text: string; mend?: string }[];
}

let api: TestApi;
let cli: TestCli;
const breaches = createServer((_request, response) => response.end("0123456789ABCDEF:0"));

beforeAll(async () => {
  await new Promise<void>((resolve) => breaches.listen(0, "127.0.0.1", resolve));
  const { port } = breaches.address() as AddressInfo;
  api = await startTestApi({ signIn: { breachListUrl: `http://127.0.0.1:${port}` } });
  cli = await createTestCli();
});

afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
  breaches.close();
});

const check = ({ checks }: Report, name: string) => checks.find((one) => one.name === name);

test("without a server it says what the machine has, how to start one, and that nothing required is missing", async () => {
  // A port that is surely free: the one of a server that lets the system choose.
  const { code, stdout } = await cli.run(["doctor", "--json"], { env: { GANTRY_PORT: "0" } });
  const report = JSON.parse(stdout) as Report;
  expect(check(report, "Node")).toMatchObject({ status: "ok" });
  expect(check(report, "git")).toMatchObject({ status: "ok" });
  expect(check(report, "server")).toMatchObject({ status: "missing", mend: "gantry up" });
  expect({ code, ok: report.ok }).toEqual({ code: 0, ok: true });
});

test("with a server it asks for the key, workers, the kill switch and the clock; no worker alive is to be mended", async () => {
  const where = { url: api.url, key: api.key };
  const before = await cli.run(["doctor", "--json"], where);
  expect(before.code).toBe(1);
  expect(check(JSON.parse(before.stdout) as Report, "workers")).toMatchObject({
    status: "broken",
    mend: "gantry up --role worker",
  });

  await api.engine.startWorker();
  const after = await cli.run(["doctor"], where);
  expect(after.code).toBe(0);
  expect(after.stdout).toMatch(/^ok {4}server: .* is ready/m);
  expect(after.stdout).toMatch(/^ok {4}clock: agrees/m);
  expect(after.stdout).toMatch(/^ok {4}key: administrator of default \(from\s+GANTRY_KEY\)/m);
  expect(after.stdout).toMatch(/^ok {4}workers: 1 alive/m);
  expect(after.stdout).not.toContain(api.key);
});

test("a setting of the running database that can lose acknowledged work fails, until it is mended", async () => {
  const where = { url: api.url, key: api.key };
  const look = async () => JSON.parse((await cli.run(["doctor", "--json"], where)).stdout) as Report;
  const name = new URL(api.engine.database.engineUrl).pathname.slice(1);

  const sound = await look();
  expect(check(sound, "database")).toMatchObject({
    status: "ok",
    text: expect.stringMatching(/^PostgreSQL \d/) as string,
  });
  for (const one of ["fsync", "full_page_writes", "synchronous_commit", "pooler", "database disk", "journal"]) {
    expect(check(sound, one)).toMatchObject({ status: "ok" });
  }
  expect(check(sound, "standby")).toMatchObject({ status: "missing" });

  await api.engine.admin.query(`ALTER DATABASE ${name} SET synchronous_commit = off`);
  expect(check(await look(), "synchronous_commit")).toMatchObject({
    status: "broken",
    mend: expect.stringContaining("ALTER ROLE gantry_engine SET synchronous_commit = on") as string,
  });
  // Like the command it names, but for this database: other tests have the role too.
  await api.engine.admin.query(`ALTER ROLE gantry_engine IN DATABASE ${name} SET synchronous_commit = on`);
  expect(check(await look(), "synchronous_commit")).toMatchObject({ status: "ok" });
});

test("a key that may not look at the database loses that line only", async () => {
  const { key, client } = await api.addPerson("approver", { scopes: ["read", "run", "approve"] });
  expect(await refusalOf(client.database.get())).toEqual([403, "scope_missing"]);
  const { stdout } = await cli.run(["doctor", "--json"], { url: api.url, key });
  const report = JSON.parse(stdout) as Report;
  expect(check(report, "key")).toMatchObject({ status: "ok" });
  expect(check(report, "database")).toMatchObject({
    status: "missing",
    mend: expect.stringContaining("GANTRY_KEY") as string,
  });
  expect(check(report, "kill switch")).toMatchObject({ status: "ok" });
});

test("it tells whoever runs the installation about the list of stolen passwords, and what Vault lent", async () => {
  const where = { url: api.url, key: api.key };
  const look = async () => JSON.parse((await cli.run(["doctor", "--json"], where)).stdout) as Report;
  const before = await look();
  expect(check(before, "stolen passwords")).toMatchObject({ status: "ok" });
  expect(check(before, "secret leases")).toMatchObject({ status: "ok", text: "nothing is lent by Vault" });

  await api.engine.admin.query(
    `INSERT INTO secret_leases (org, id, run_id, attempt_id, project, environment, connection, path, status, expires_at, due_at, tries, created_at)
     SELECT $1, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'dev', 'vault', 'database/creds/app', 'revoking',
       now() + interval '1 hour', now() + interval '1 hour', tries, now() - interval '2 hours' FROM unnest(ARRAY[0, 3]) tries`,
    [api.org],
  );
  await new Promise((resolve) => breaches.close(resolve).closeAllConnections());
  const after = await look();
  const unlooked = expect.stringMatching(/doesn't answer the server \(GANTRY_BREACH_LIST_URL\)/) as string;
  expect(check(after, "stolen passwords")).toMatchObject({ status: "missing", text: unlooked });
  expect(check(after, "secret leases")).toMatchObject({
    status: "missing",
    text: expect.stringMatching(
      /^2 lent by Vault; Vault couldn't be told to end or prolong 1 of them, .* 2 ?h/,
    ) as string,
  });
  const { client } = await api.addPerson("administrator of one", { scopes: ["read", "admin"] });
  expect(await refusalOf(client.installation.get())).toEqual([403, "scope_missing"]);
});

test("neither the answer nor a failed look gives away where the database is or its password", async () => {
  const away = "postgresql://gantry_engine:hunter2@127.0.0.1:1/gantry";
  await using blind = await startTestApi({
    deps: { inspectDatabase: createDatabaseInspection({ engineUrl: away, directory: null }) },
  });
  const refused = await blind.request("/api/v1/database");
  const words = await refused.text();
  expect([refused.status, JSON.parse(words)]).toMatchObject([503, { code: "database_unavailable" }]);
  expect(words).not.toMatch(/hunter2|gantry_engine|127\.0\.0\.1:1/);

  const { password, port } = new URL(api.engine.database.engineUrl);
  const answer = JSON.stringify(await api.client.database.get());
  for (const hidden of [password, port, "gantry_engine"]) expect(hidden === "" || !answer.includes(hidden)).toBe(true);
});

test("a server that was named and doesn't answer is broken, not merely missing", async () => {
  const { code, stdout } = await cli.run(["doctor"], { url: "http://127.0.0.1:1" });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^FAIL {2}server: http:\/\/127\.0\.0\.1:1 \(GANTRY_URL\) doesn't answer/m);
});

test("tools that aren't there are said with what works without them, and nothing fails for it", async () => {
  const empty = join(cli.home, "empty");
  await mkdir(empty);
  const { code, stdout } = await cli.run(["doctor"], { env: { PATH: empty, GANTRY_PORT: "0" } });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^- {5}git: not found; deployments .* everything\s+else does$/m);
  expect(stdout).toMatch(/^- {5}bubblewrap: not found/m);
  expect(stdout).toMatch(/^- {5}terraform or tofu: not found/m);
});
