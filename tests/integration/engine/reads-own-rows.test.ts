import pg from "pg";
import { expect, test } from "vitest";
import { platformActor, type RunEvent } from "@gantry/sdk";
import { clientConfig } from "../../../platform/src/postgres/index.ts";
import { flushQuery } from "../../../platform/src/store/journal/flush.ts";
import { writerSettings } from "../../../platform/src/store/journal/lane.ts";
import { loadRuns } from "../../../platform/src/store/journal/load-runs.ts";
import type { Queryable } from "../../../platform/src/store/queryable.ts";
import { newId, startTestEngine } from "../../support/engine.ts";

test("loading and writing a run read its own rows, however many others its owner has and however long their journals are", async () => {
  await using engine = await startTestEngine({ tools: [{ name: "test.echo", run: () => null }] });
  const owner = newId();
  const run = await engine.submit(engine.plan([{ id: "a", tool: "test.echo" }]));
  const others = 500;
  await engine.admin.query("UPDATE runs SET owner = $2, fence = 1 WHERE id = $1", [run, owner]);
  await engine.admin.query(
    `INSERT INTO runs (id, org, project, environment, actor, actor_kind, actor_name, goal, plan_digest, engine_version, seq, owner, fence)
     SELECT gen_random_uuid(), org, project, environment, actor, actor_kind, actor_name, goal, plan_digest, engine_version, 20, $2, 1
     FROM runs, generate_series(1, $3::int) WHERE id = $1`,
    [run, owner, others],
  );
  await engine.admin.query(
    `INSERT INTO events (org, run_id, seq, type, at, actor, data)
     SELECT r.org, r.id, s, 'run.resumed', 5, '{}', '{}' FROM runs r, generate_series(1, 20) s WHERE r.id <> $1`,
    [run],
  );
  await using client = await connect(engine.database.engineUrl);
  const loaded = await rowsRead(client.db, async () => {
    expect(await loadRuns(inTurn(client.db), owner, [run])).toMatchObject([{ id: run, seq: 1 }]);
  });
  // Its own row, and once more on the way to its events.
  expect(loaded).toEqual({ runs: 2, events: 1 });

  const lane = newId();
  await client.db.query("INSERT INTO lanes (id, worker, n) VALUES ($1, $2, 0)", [lane, owner]);
  const event = { type: "run.resumed", seq: 2, at: 5, actor: platformActor, data: {} } as RunEvent;
  const written = await rowsRead(client.db, async () => {
    const flush = flushQuery(lane, 1, owner, [
      {
        id: run,
        fence: 1,
        seqFrom: 1,
        seqTo: 2,
        status: "running",
        waiting: null,
        error: null,
        starts: "nothing",
        basis: null,
        release: false,
        finished: false,
        events: [event],
        extra: null,
      },
    ]);
    expect((await client.db.query(flush)).rows).toEqual([[run]]);
  });
  expect(written).toEqual({ runs: 1, events: 0 });
});

async function connect(url: string): Promise<{ db: pg.Client } & AsyncDisposable> {
  const db = new pg.Client(clientConfig(url, { name: "test-writer", settings: writerSettings }));
  await db.connect();
  return { db, [Symbol.asyncDispose]: () => db.end() };
}

/** One connection, for what would otherwise take several of a pool. */
function inTurn(db: pg.Client): Queryable {
  let last: Promise<unknown> = Promise.resolve();
  const query = (statement: pg.QueryConfig): Promise<unknown> => (last = last.then(() => db.query(statement)));
  return { query: query as Queryable["query"] };
}

/** Rows that a piece of work fetched from tables, by Postgres' own count. */
async function rowsRead(db: pg.Client, work: () => Promise<void>): Promise<{ runs: number; events: number }> {
  await db.query("BEGIN");
  const before = await counters(db);
  await work();
  const after = await counters(db);
  await db.query("COMMIT");
  return { runs: after.runs - before.runs, events: after.events - before.events };
}

async function counters(db: pg.Client): Promise<{ runs: number; events: number }> {
  const { rows } = await db.query<{ table: string; read: number }>(
    `SELECT CASE WHEN relname LIKE 'events%' THEN 'events' ELSE relname END AS table,
       sum(seq_tup_read + idx_tup_fetch)::int AS read
     FROM pg_stat_xact_user_tables WHERE relname = 'runs' OR relname LIKE 'events%' GROUP BY 1`,
  );
  const of = (name: string) => rows.find(({ table }) => table === name)?.read ?? 0;
  return { runs: of("runs"), events: of("events") };
}
