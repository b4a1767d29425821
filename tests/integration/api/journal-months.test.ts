import { digestOf } from "@gantry/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createUuidV7 } from "../../../platform/src/lib/uuid-v7.ts";
import { enforceRetention } from "../../../platform/src/retention/loop.ts";
import { createRun } from "../../../platform/src/store/journal/create-run.ts";
import { dropEmptyEventPartition, makeEventPartitions } from "../../../platform/src/store/journal/event-partitions.ts";
import { readFeed } from "../../../platform/src/store/journal/event-feed.ts";
import { workChannel } from "../../../platform/src/store/journal/notify.ts";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { newId, quiet } from "../../support/engine.ts";
import { query } from "../postgres/helpers.ts";

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
  await api.engine.startWorker();
});
afterAll(() => api[Symbol.asyncDispose]());

const monthBehind = (months: number, day = 5): Date => {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, day));
};
const nameOf = (moment: Date): string => `events_${moment.toISOString().slice(0, 7).replace("-", "_")}`;

/** A run that was created at the moment, as far as its id says. */
async function runOf(moment: Date, steps = 1): Promise<string> {
  const { db, admin, plan: planOf } = api.engine;
  const { rows } = await admin.query<{ project: string; actor: string }>(
    "SELECT p.id AS project, a.id AS actor FROM projects p JOIN actors a USING (org) WHERE org = $1 LIMIT 1",
    [api.org],
  );
  const { project = "", actor = "" } = rows[0] ?? {};
  const plan = planOf(Array.from({ length: steps }, () => ({ tool: "test.look", input: { at: "x" } })));
  const id = createUuidV7(() => moment.getTime())();
  const requester = { kind: "user" as const, id: actor, name: "requester" };
  const rest = { priority: 0, parent: null, at: Date.now(), queueLimit: null };
  await createRun(db, { id, org: api.org, project, plan, planDigest: digestOf(plan), requester, ...rest });
  await db.query(`NOTIFY ${workChannel}`);
  return id;
}

async function finishedRunOf(moment: Date): Promise<string> {
  const run = await runOf(moment);
  await api.engine.reaches(run, "succeeded");
  return run;
}

/** The partitions that hold the run's events. */
async function placesOf(run: string): Promise<string[]> {
  const { rows } = await api.engine.admin.query<{ name: string }>(
    "SELECT DISTINCT tableoid::regclass::text AS name FROM events WHERE run_id = $1",
    [run],
  );
  return rows.map(({ name }) => name);
}

/** As it would be there had the installation been running then. */
async function makeMonth(moment: Date): Promise<string> {
  const name = nameOf(moment);
  await query(
    api.engine.database.migratorUrl,
    `CREATE TABLE ${name} PARTITION OF events FOR VALUES FROM (first_id_of(month_of('${moment.toISOString()}', 0)))
       TO (first_id_of(month_of('${moment.toISOString()}', 1))); SELECT close_event_partition('${name}')`,
  );
  return name;
}

async function partitions(): Promise<string[]> {
  const { rows } = await api.engine.admin.query<{ name: string }>("SELECT name FROM event_partitions ORDER BY name");
  return rows.map(({ name }) => name);
}

test("events of runs of three months are in three partitions, those of a run older than all apart, and all are read", async () => {
  await makeMonth(monthBehind(-3));
  const months = [monthBehind(-3), monthBehind(0), monthBehind(1)];
  for (const month of months) expect(await placesOf(await finishedRunOf(month))).toEqual([nameOf(month)]);
  const old = await finishedRunOf(new Date(0));
  expect(await placesOf(old)).toEqual(["events_default"]);
  expect((await api.client.runs.get(old)).status).toBe("succeeded");
  const strays = (await api.engine.events(old)).length;
  expect((await api.client.database.get()).journal).toMatchObject({ strays });
  expect(await (await api.request("/metrics")).text()).toContain(`gantry_journal_strays ${strays}\n`);
});

test("an organization's feed goes through all months in the order of transactions, and skips nothing that commits late", async () => {
  const { db, until } = api.engine;
  const end = await until(async () => {
    const all = await readFeed(db, api.org, null, 1_000);
    return all.length === (await count()) && (all.at(-1)?.position ?? null);
  });
  const late = await db.connect();
  await late.query("BEGIN");
  const first = createUuidV7(() => monthBehind(2).getTime())();
  const insert =
    "INSERT INTO events (org, run_id, seq, type, at, actor, data) SELECT $1, $2, n, 'run.resumed', 1, '{}', '{}' FROM generate_series(1, 2) n";
  await late.query(insert, [api.org, first]);
  const others = [monthBehind(1), monthBehind(0), new Date(1)].map((moment) => createUuidV7(() => moment.getTime())());
  for (const run of others) await db.query(insert, [api.org, run]);
  expect(await readFeed(db, api.org, end, 100)).toEqual([]);
  await late.query("COMMIT");
  late.release();
  const runs = await until(async () => {
    const seen: string[] = [];
    // In pages that end within a transaction.
    for (let after = end; ;) {
      const page = await readFeed(db, api.org, after, 3);
      seen.push(...page.map(({ event }) => `${event.run} ${event.seq}`));
      after = page.at(-1)?.position ?? after;
      if (page.length < 3) break;
    }
    return seen.length === 8 && seen;
  });
  expect(runs).toEqual([first, ...others].flatMap((run) => [`${run} 1`, `${run} 2`]));
  await api.engine.admin.query("DELETE FROM events WHERE run_id = ANY ($1)", [[first, ...others]]);

  async function count(): Promise<number> {
    const { rows } = await api.engine.admin.query<{ n: number }>(
      "SELECT count(*)::int AS n FROM events WHERE org = $1",
      [api.org],
    );
    return rows[0]?.n ?? 0;
  }
});

test("once the last run of a month is purged, its partition is gone and the disk free", async () => {
  const { admin } = api.engine;
  const [name, before] = [await makeMonth(monthBehind(-9)), await makeMonth(monthBehind(-10))];
  const [large, held] = [await finishedRunOf(monthBehind(-9, 7)), await finishedRunOf(monthBehind(-9, 20))];
  await admin.query(
    `INSERT INTO events (org, run_id, seq, type, at, actor, data) SELECT org, id, seq + n, 'run.resumed', 1, '{}',
       (SELECT json_build_object('text', string_agg(md5(n::text || m::text), '')) FROM generate_series(1, 40) m)
     FROM runs, generate_series(1, 3000) n WHERE id = $1`,
    [large],
  );
  await admin.query("UPDATE runs SET seq = seq + 3000 WHERE id = $1", [large]);
  expect(new Set([...(await placesOf(large)), ...(await placesOf(held))])).toEqual(new Set([name]));
  await admin.query("UPDATE runs SET finished_at = now() - interval '40 days' WHERE id = ANY ($1)", [[large, held]]);
  await api.client.holds.put(held, "audit");
  const full = await size();
  expect(await enforce()).toBe(1);
  expect(await partitions()).toContain(name);
  // Nobody was ever in this one.
  expect(await partitions()).not.toContain(before);

  await api.client.holds.remove(held);
  expect(await enforce()).toBe(1);
  expect(await partitions()).not.toContain(name);
  expect((await size()) + 4_000_000).toBeLessThan(full);
  expect((await api.client.archive.verify({ limit: 200 })).problems).toEqual([]);
  // Open months stay, empty or not; a run of a month that is gone is kept apart.
  expect(await partitions()).toContain(nameOf(monthBehind(1)));
  expect(await placesOf(await finishedRunOf(monthBehind(-9)))).toEqual(["events_default"]);

  async function size(): Promise<number> {
    const { rows } = await admin.query<{ bytes: number }>(
      "SELECT sum(pg_total_relation_size(oid))::float8 AS bytes FROM event_partitions",
    );
    return rows[0]?.bytes ?? 0;
  }
});

test("no role gets past row-level security by way of a partition, and none may change what is written", async () => {
  const run = await finishedRunOf(monthBehind(0));
  const name = nameOf(monthBehind(0));
  const { apiUrl, engineUrl, superuserUrl } = api.engine.database;
  for (const partition of await partitions()) {
    for (const url of [apiUrl, engineUrl]) {
      await expect(query(url, `SELECT FROM ${partition}`)).rejects.toMatchObject({ code: "42501" });
      await expect(query(url, `INSERT INTO ${partition} SELECT * FROM events`)).rejects.toMatchObject({
        code: "42501",
      });
    }
  }
  await query(superuserUrl, `GRANT SELECT ON ${name} TO gantry_api`);
  const asOrganization = (org: string) => `SET gantry.org = '${org}'; SELECT DISTINCT org FROM`;
  expect(await query(apiUrl, `${asOrganization(api.org)} ${name}`)).toEqual([]);
  expect(await query(apiUrl, `${asOrganization(newId())} events`)).toEqual([]);
  expect(await query(apiUrl, `${asOrganization(api.org)} events`)).toEqual([{ org: api.org }]);
  await query(superuserUrl, `REVOKE SELECT ON ${name} FROM gantry_api`);
  const change = `UPDATE events SET data = '{}' WHERE run_id = '${run}'`;
  await expect(query(engineUrl, change)).rejects.toMatchObject({ code: "42501" });
  const forge = `SET gantry.org = '${api.org}'; INSERT INTO events (org, run_id, seq, type, at, actor, data)
    VALUES ('${api.org}', '${run}', 1000, 'run.finished', 1, '{}', '{}')`;
  await expect(query(apiUrl, forge)).rejects.toThrow("row-level security");
});

test("runs go on while months are made and dropped, and what was kept apart moves to its month", async () => {
  const { db, admin, events, until } = api.engine;
  const [ahead, gone] = [monthBehind(2), nameOf(monthBehind(2))];
  await query(api.engine.database.migratorUrl, `DROP TABLE ${gone}`);
  const stray = await finishedRunOf(ahead);
  const before = await events(stray);
  expect(await placesOf(stray)).toEqual(["events_default"]);

  const runs = await Promise.all(Array.from({ length: 30 }, () => runOf(new Date(), 4)));
  const dropped: (string | null)[] = [];
  for (let busy = true; busy;) {
    await makeMonth(monthBehind(-5));
    expect(await makeEventPartitions(db)).toBe(dropped.length === 0 ? 1 : 0);
    dropped.push(await until(() => dropEmptyEventPartition(db).catch(() => undefined)));
    const { rows } = await admin.query("SELECT FROM runs WHERE id = ANY ($1) AND finished_at IS NULL", [runs]);
    busy = rows.length > 0;
  }
  expect(new Set(dropped)).toEqual(new Set([nameOf(monthBehind(-5))]));
  for (const run of runs) {
    expect((await api.engine.status(run)).status).toBe("succeeded");
    const seqs = (await events(run)).map(({ seq }) => seq);
    expect(seqs).toEqual(Array.from({ length: (await api.engine.status(run)).seq }, (_, index) => index + 1));
  }
  expect([await placesOf(stray), await events(stray)]).toEqual([[gone], before]);
});

test("a reader that holds on to the journal puts off the drop, not those who write", async () => {
  const name = await makeMonth(monthBehind(-5));
  const reader = await api.engine.db.connect();
  await reader.query("BEGIN");
  await reader.query("SELECT count(*) FROM events");
  await expect(dropEmptyEventPartition(api.engine.db)).rejects.toMatchObject({ code: "55P03" });
  await finishedRunOf(new Date());
  await enforce();
  expect(await partitions()).toContain(name);
  await reader.query("COMMIT");
  reader.release();
  await enforce();
  expect(await partitions()).not.toContain(name);
});

/** One look of a process that keeps runs for 30 days. */
function enforce(): Promise<number> {
  const { blobs, engine } = api;
  const rest = { keepDays: 30, undoDays: 60, holder: newId(), newId, everyMs: 1, now: Date.now, log: quiet };
  return enforceRetention({ pool: engine.db, blobs, ...rest });
}
