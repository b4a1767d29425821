import pg from "pg";
import { expect, test } from "vitest";
import { platformActor, type RunEvent } from "@gantry/sdk";
import type { RunWrite } from "../../../platform/src/store/journal/flush.ts";
import { openLane, writerSettings, type Lane } from "../../../platform/src/store/journal/lane.ts";
import { clientConfig } from "../../../platform/src/postgres/index.ts";
import { newId, quiet, startTestEngine, type TestEngine } from "../../support/engine.ts";
import { startTcpProxy } from "../../support/tcp-proxy.ts";

const tools = [{ name: "test.echo", run: () => null }];

const laneTo = (url: string): Lane =>
  openLane({
    clientConfig: clientConfig(url, { name: "test-writer", settings: writerSettings }),
    newId,
    random: Math.random,
    log: quiet,
    signal: new AbortController().signal,
  });

/** A run that `owner` owns, as a claim leaves it. */
async function ownedRun(engine: TestEngine, owner: string): Promise<string> {
  const run = await engine.submit(engine.plan([{ id: "a", tool: "test.echo" }]));
  await engine.admin.query("UPDATE runs SET owner = $2, fence = 1 WHERE id = $1", [run, owner]);
  return run;
}

function write(id: string, seqFrom = 1, overrides: Partial<RunWrite> = {}): RunWrite {
  const event = { type: "run.resumed", seq: seqFrom + 1, at: 5, actor: platformActor, data: {} } as RunEvent;
  return {
    id,
    fence: 1,
    seqFrom,
    seqTo: seqFrom + 1,
    status: "running",
    waiting: null,
    error: null,
    starts: "nothing",
    basis: null,
    release: false,
    finished: false,
    events: [event],
    extra: null,
    ...overrides,
  };
}

test("a zombie's flush changes nothing: not the owner, an older fence, or another sequence number", async () => {
  await using engine = await startTestEngine({ tools });
  const [me, other] = [newId(), newId()];
  const [mine, lost, fenced, behind] = await Promise.all([me, other, me, me].map((owner) => ownedRun(engine, owner)));
  await engine.admin.query("UPDATE runs SET fence = 2 WHERE id = $1", [fenced]);
  const lane = laneTo(engine.database.engineUrl);
  const written = await lane.flush(me, [
    write(mine ?? ""),
    write(lost ?? ""),
    write(fenced ?? ""),
    write(behind ?? "", 4),
  ]);
  await lane.close();
  expect([...written]).toEqual([mine]);
  const { rows } = await engine.admin.query("SELECT run_id FROM events WHERE seq > 1");
  expect(rows).toEqual([{ run_id: mine }]);
  for (const run of [lost, fenced, behind])
    expect(await engine.status(run ?? "")).toMatchObject({ seq: 1, status: "queued" });
});

test("a flush whose commit was never answered is found to be committed, and is not written twice", async () => {
  await using engine = await startTestEngine({ tools });
  await using proxy = await startTcpProxy(engine.database.engineUrl);
  const me = newId();
  const [run, stranger] = [await ownedRun(engine, me), await ownedRun(engine, newId())];
  const lane = laneTo(proxy.url);
  await lane.flush(me, [write(run)]);
  const cut = proxy.cutAnswerTo(/flush-lean/);
  const written = lane.flush(me, [write(run, 2), write(stranger)]);
  await cut;
  expect([...(await written)]).toEqual([run]);
  expect((await engine.events(run)).map((event) => event.seq)).toEqual([1, 2, 3]);
  // The lane goes on counting where the database stands.
  expect([...(await lane.flush(me, [write(run, 3)]))]).toEqual([run]);
  await lane.close();
});

test("the database going away in the middle is waited out", async () => {
  await using engine = await startTestEngine({ tools });
  await using proxy = await startTcpProxy(engine.database.engineUrl);
  const me = newId();
  const run = await ownedRun(engine, me);
  const lane = laneTo(proxy.url);
  await lane.flush(me, [write(run)]);
  proxy.cut();
  const written = lane.flush(me, [write(run, 2)]);
  proxy.heal();
  expect([...(await written)]).toEqual([run]);
  await lane.close();
});

test("data that the database can't store is refused as a batch, and the lane goes on", async () => {
  await using engine = await startTestEngine({ tools });
  const me = newId();
  const [good, bad] = [await ownedRun(engine, me), await ownedRun(engine, me)];
  const lane = laneTo(engine.database.engineUrl);
  await expect(lane.flush(me, [write(good), write(bad, 1, { status: "a\0b" })])).rejects.toThrow("refuses a row");
  expect((await engine.status(good)).seq).toBe(1);
  expect([...(await lane.flush(me, [write(good)]))]).toEqual([good]);
  await lane.close();
});

test("a flush of a run that is kept apart, in the moment in which its month is made, goes to that month", async () => {
  await using engine = await startTestEngine({ tools });
  const { database, admin, until } = engine;
  const me = newId();
  const run = await ownedRun(engine, me);
  const month = new Date();
  await using upkeep = await ownerOf(database.migratorUrl);
  // As if nobody had made this month.
  const name = `events_${month.toISOString().slice(0, 7).replace("-", "_")}`;
  await upkeep.db.query(
    `CREATE TEMP TABLE kept AS SELECT * FROM events; DROP TABLE ${name}; INSERT INTO events TABLE kept`,
  );
  const lane = laneTo(database.engineUrl);
  expect([...(await lane.flush(me, [write(run)]))]).toEqual([run]);
  await upkeep.db.query("BEGIN");
  await upkeep.db.query("SELECT make_event_partitions()");
  const written = lane.flush(me, [write(run, 2)]);
  await until(async () => (await admin.query("SELECT FROM pg_locks WHERE NOT granted")).rowCount === 1);
  await upkeep.db.query("COMMIT");
  expect([...(await written)]).toEqual([run]);
  await lane.close();
  const { rows } = await admin.query(
    "SELECT seq, tableoid::regclass::text AS name FROM events WHERE run_id = $1 ORDER BY seq",
    [run],
  );
  expect(rows).toEqual([1, 2, 3].map((seq) => ({ seq, name })));
});

async function ownerOf(url: string): Promise<{ db: pg.Client } & AsyncDisposable> {
  const db = new pg.Client({ connectionString: url });
  await db.connect();
  return { db, [Symbol.asyncDispose]: () => db.end() };
}

test("an attempt doesn't start while a kill switch covers its run, whoever set it", async () => {
  await using engine = await startTestEngine({ tools });
  const me = newId();
  const run = await ownedRun(engine, me);
  const lane = laneTo(engine.database.engineUrl);
  const kill = (org: string | null): Promise<unknown> =>
    engine.admin.query("INSERT INTO kill_switches (id, org, reason, actor) VALUES ($1, $2, 'stop', '{}')", [
      newId(),
      org,
    ]);
  await kill(newId());
  expect([...(await lane.flush(me, [write(run, 1, { starts: "harmless" })]))]).toEqual([run]);
  await kill(null);
  expect([...(await lane.flush(me, [write(run, 2, { starts: "harmless" })]))]).toEqual([]);
  expect([...(await lane.flush(me, [write(run, 2)]))]).toEqual([run]);
  await lane.close();
});

test("an attempt that may change something never starts in a dry run, and no dry run becomes a real one", async () => {
  await using engine = await startTestEngine({ tools });
  const me = newId();
  const run = await engine.submit(engine.plan([{ id: "a", tool: "test.echo" }]), { dryRun: true });
  await engine.admin.query("UPDATE runs SET owner = $2, fence = 1 WHERE id = $1", [run, me]);
  const lane = laneTo(engine.database.engineUrl);
  expect([...(await lane.flush(me, [write(run, 1, { starts: "changes" })]))]).toEqual([]);
  expect([...(await lane.flush(me, [write(run, 1, { starts: "harmless" })]))]).toEqual([run]);
  await lane.close();
  await expect(engine.db.query("UPDATE runs SET dry_run = false WHERE id = $1", [run])).rejects.toThrow(/dry run/);
});

const extra = {
  progressed: false,
  snapshot: null,
  dueAt: null,
  changeSets: [],
  approvals: [],
  handled: [],
  messages: [],
  freedKeys: [],
  permits: [],
};

test.each([
  ["approved by one who may", {}, true],
  ["never approved", { status: "open" }, false],
  ["voided", { status: "voided" }, false],
  ["expired before it began", { expires: "1 hour ago" }, false],
  ["expired after it began", { expires: "1 hour ago", begun: true }, true],
  ["approved by one who is disabled now", { disabled: true }, false],
  ["approved by one who left the group", { groups: [] }, false],
  ["approved by too few", { count: 2 }, false],
])(
  "a change set %s",
  async (
    _case,
    given: {
      status?: string;
      expires?: string;
      begun?: boolean;
      disabled?: boolean;
      groups?: string[];
      count?: number;
    },
    starts,
  ) => {
    await using engine = await startTestEngine({ tools });
    const { org, approver } = engine.organization;
    const me = newId();
    const run = await ownedRun(engine, me);
    const interval = given.expires === undefined ? "+1 hour" : "-1 hour";
    await engine.admin.query(
      `INSERT INTO change_sets (org, run_id, hash, gate, status, approvals, expires_at, begun_at)
     VALUES ($1, $2, 'hash', 'run', $3, $4, now() + $5::interval, $6)`,
      [
        org,
        run,
        given.status ?? "approved",
        JSON.stringify([{ group: "approvers", count: given.count ?? 1 }]),
        interval,
        given.begun ? new Date() : null,
      ],
    );
    await engine.admin.query(
      `INSERT INTO approvals (org, run_id, hash, actor, "group") VALUES ($1, $2, 'hash', $3, 'approvers')`,
      [org, run, approver.id],
    );
    await engine.admin.query("UPDATE actors SET groups = $2, disabled_at = $3 WHERE id = $1", [
      approver.id,
      given.groups ?? ["approvers"],
      given.disabled ? new Date() : null,
    ]);
    const lane = laneTo(engine.database.engineUrl);
    const written = await lane.flush(me, [write(run, 1, { starts: "harmless", extra: { ...extra, gates: ["hash"] } })]);
    await lane.close();
    expect(written.has(run)).toBe(starts);
    const { rowCount } = await engine.admin.query("SELECT 1 FROM events WHERE run_id = $1 AND seq = 2", [run]);
    expect(rowCount).toBe(starts ? 1 : 0);
  },
);

test("the organization of a message and of its receiver must be the run's own", async () => {
  await using engine = await startTestEngine({ tools });
  const other = await engine.addOrganization("globex");
  const me = newId();
  const run = await ownedRun(engine, me);
  const foreign = await engine.submit(engine.plan([{ id: "a", tool: "test.echo" }]), { organization: other });
  const friend = await engine.submit(engine.plan([{ id: "a", tool: "test.echo" }]));
  const lane = laneTo(engine.database.engineUrl);
  const message = (to: string) => ({ id: newId(), run: to, kind: "cancel", payload: "{}", actor: "{}" });
  await lane.flush(me, [
    write(run, 1, { extra: { ...extra, gates: [], messages: [message(foreign), message(friend)] } }),
  ]);
  await lane.close();
  const { rows } = await engine.admin.query("SELECT run_id FROM inbox");
  expect(rows).toEqual([{ run_id: friend }]);
});

test("what the API's role may not write is refused by the database itself", async () => {
  await using engine = await startTestEngine({ tools });
  const run = await engine.submit(engine.plan([{ id: "a", tool: "test.echo" }]));
  const { org } = engine.organization;
  const api = new pg.Client({ connectionString: engine.database.apiUrl });
  await api.connect();
  await api.query("SELECT set_config('gantry.org', $1, false)", [org]);
  const insert = (kind: string): Promise<unknown> =>
    api.query("INSERT INTO inbox (id, org, run_id, kind, payload, actor) VALUES ($1, $2, $3, $4, '{}', '{}')", [
      newId(),
      org,
      run,
      kind,
    ]);
  await insert("cancel");
  await expect(insert("report")).rejects.toMatchObject({ code: "42501" });
  await expect(
    api.query(
      "INSERT INTO events (org, run_id, seq, type, at, actor, data) VALUES ($1, $2, 2, 'run.finished', 1, '{}', '{}')",
      [org, run],
    ),
  ).rejects.toMatchObject({ code: "42501" });
  await expect(api.query("UPDATE runs SET status = 'succeeded'")).rejects.toMatchObject({ code: "42501" });
  await api.end();
});

test("while a freeze window is open no attempt that changes something is announced, whatever its worker knows", async () => {
  await using engine = await startTestEngine({ tools });
  const me = newId();
  const { org } = engine.organization;
  const runs = await Promise.all(["harmless", "restores", "changes", "changes"].map(() => ownedRun(engine, me)));
  const [look = "", restore = "", held = "", through = ""] = runs;
  await engine.admin.query(
    `INSERT INTO freeze_windows (org, freeze_id, environment, starts_at, ends_at)
     VALUES ($1, $2, 'staging', now() - interval '1 hour', 'infinity'), ($1, $3, 'prod', '-infinity', 'infinity')`,
    [org, newId(), newId()],
  );
  await engine.admin.query(
    "INSERT INTO freeze_overrides (org, run_id, until, reason, actor) VALUES ($1, $2, 'infinity', 'urgent', '{}')",
    [org, through],
  );
  const lane = laneTo(engine.database.engineUrl);
  const written = await lane.flush(me, [
    write(look, 1, { starts: "harmless" }),
    write(restore, 1, { starts: "restores" }),
    write(held, 1, { starts: "changes" }),
    write(through, 1, { starts: "changes" }),
  ]);
  expect([...written].toSorted()).toEqual([look, restore, through].toSorted());
  await engine.admin.query("UPDATE freeze_windows SET ends_at = now()");
  expect([...(await lane.flush(me, [write(held, 1, { starts: "changes" })]))]).toEqual([held]);
  await lane.close();
});
