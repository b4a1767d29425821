import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunEvent } from "@gantry/sdk";
import type { StreamItem } from "@gantry/sdk/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { enforceRetention } from "../../../platform/src/retention/loop.ts";
import { newId, quiet } from "../../support/engine.ts";
import { createTestCli } from "../../support/cli.ts";
import { refusalOf, startTestApi, type TestApi } from "../../support/api.ts";

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
  await api.engine.startWorker();
});
afterAll(() => api[Symbol.asyncDispose]());

test("the command line sets retention, holds a run, and shows, exports and verifies what was archived", async () => {
  await using cli = await createTestCli({ url: api.url, key: api.key });
  expect((await cli.run(["retention", "set", "soon"])).code).toBe(2);
  expect((await cli.run(["retention", "set", "30"])).stderr).toContain("Runs are kept for 30 days after their end.");
  expect((await cli.run(["retention", "show"])).stdout).toMatch(
    /runs are kept +for 30 days after their end\n +set by +/,
  );
  const run = await finished();
  await age(31, run);
  expect((await cli.run(["hold", "add", run, "--reason", "audit"])).stderr).toContain(`Run ${run} is held.`);
  expect((await cli.run(["hold", "list"])).stdout).toContain(`${run}\t`);
  expect(await enforce()).toBe(0);
  expect((await cli.run(["hold", "remove", run])).code).toBe(0);
  expect(await enforce()).toBe(1);
  expect((await cli.run(["runs", "show", run])).stderr).toContain("code run_archived");
  expect((await cli.run(["archive", "list"])).stdout).toContain(`${run}\tsucceeded\tdefault/dev`);
  expect((await cli.run(["archive", "show", run.slice(0, 13)])).stdout).toMatch(
    /by +keeping runs for 30 days, set by /,
  );
  const file = join(cli.home, "run.ndjson");
  expect((await cli.run(["archive", "export", run, "-o", file])).stderr).toContain("Wrote ");
  const text = await readFile(file, "utf8");
  expect((await cli.run(["archive", "export", run])).stdout).toBe(text);
  expect(JSON.parse(text.split("\n")[0] ?? "")).toMatchObject({ kind: "run", id: run });
  const verified = await cli.run(["archive", "verify"]);
  expect([verified.code, verified.stdout]).toEqual([0, ""]);
  expect(verified.stderr).toMatch(
    /1 archived runs checked: everything is as it was written\.\nHead of the chain: 1 sha256:/,
  );
  await api.client.retention.set("default");
});

/** One look of a process that keeps runs for 30 days, and such as changed something for 60. */
function enforce(keepDays: number | null = 30): Promise<number> {
  return enforceRetention({
    pool: api.engine.db,
    blobs: api.blobs,
    keepDays,
    undoDays: 60,
    holder: newId(),
    newId,
    everyMs: 1,
    now: Date.now,
    log: quiet,
  });
}

async function finished(runbook = "test.look", parameters: Record<string, string> = {}): Promise<string> {
  const { id } = await api.client.runs.create({ runbook, parameters, environment: "dev" });
  await api.engine.reaches(id, "succeeded");
  return id;
}

async function age(days: number, ...runs: string[]): Promise<void> {
  await api.engine.admin.query(
    "UPDATE runs SET finished_at = finished_at - make_interval(days => $2) WHERE id = ANY ($1::uuid[])",
    [runs, days],
  );
}

async function contentOf(run: string): Promise<Record<string, unknown>[]> {
  const text = await new Response(await api.client.archive.content(run)).text();
  expect(text.endsWith("\n")).toBe(true);
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function takeUntil<T>(items: AsyncIterable<T>, enough: (taken: T[]) => boolean): Promise<T[]> {
  const taken: T[] = [];
  for await (const item of items) {
    taken.push(item);
    if (enough(taken)) break;
  }
  return taken;
}

test("a run that ended long enough ago is archived with all of its history, and then gone", async () => {
  const [old, young] = [await finished(), await finished()];
  const events = await api.engine.events(old);
  await age(31, old);
  expect(await enforce(null)).toBe(0);
  expect(await enforce()).toBe(1);

  expect((await api.client.runs.list()).items.map(({ id }) => id)).toEqual([young]);
  expect(await refusalOf(api.client.runs.get(old))).toEqual([410, "run_archived"]);
  expect(await refusalOf(api.client.runs.undo(old, { reason: "wrong" }))).toEqual([410, "run_archived"]);
  const entry = await api.client.archive.get(old);
  expect(entry).toMatchObject({
    ordinal: 2,
    run: old,
    project: "default",
    environment: "dev",
    runbook: "test.look",
    status: "succeeded",
    lines: { run: 1, plan: 1, event: events.length },
    rule: { keepDays: 30, setBy: null },
  });
  expect((await api.client.archive.list()).items[0]).toEqual(entry);
  const lines = await contentOf(old);
  expect(lines[0]).toMatchObject({ kind: "run", format: 1, id: old, organization: api.org, status: "succeeded" });
  expect(lines[1]).toMatchObject({ kind: "plan", plan: { runbook: { name: "test.look" } } });
  const kept = lines.filter(({ kind }) => kind === "event").map(({ kind: _, ...event }) => event);
  expect(kept).toEqual(events);
  const { rows } = await api.engine.admin.query(
    "SELECT (SELECT count(*)::int FROM events WHERE run_id = $1) + (SELECT count(*)::int FROM inbox WHERE run_id = $1) AS left",
    [old],
  );
  expect(rows[0]).toEqual({ left: 0 });
  expect((await api.client.retention.get()).purged).toEqual({ runs: 2, events: 2 * events.length });
});

test("what an organization sets comes before the installation's default, and says who set it", async () => {
  const run = await finished();
  await age(31, run);
  expect(await api.client.retention.set("never")).toMatchObject({ keepDays: null, own: true });
  expect(await enforce()).toBe(0);
  await api.client.retention.set(20);
  expect(await enforce(null)).toBe(1);
  const { items } = await api.client.actors.list();
  expect((await api.client.archive.get(run)).rule).toEqual({
    keepDays: 20,
    setBy: expect.objectContaining({ id: items[0]?.id }) as unknown,
  });
  expect(await api.client.retention.set("default")).toMatchObject({ keepDays: null, own: false, undoDays: 30 });
});

test("a run stays while it is held, can be undone, was told something, or belongs to one that stays", async () => {
  const [held, changed, told, parent, child] = [
    await finished(),
    await finished("test.change", { to: "b" }),
    await finished(),
    await finished(),
    await finished(),
  ];
  await age(40, held, changed, told, parent, child);
  await api.engine.admin.query("UPDATE runs SET parent = $1, finished_at = now() WHERE id = $2", [parent, child]);
  await api.engine.admin.query(
    "INSERT INTO inbox (id, org, run_id, kind, payload, actor) VALUES ($1, $2, $3, 'undo', '{}', '{}')",
    [newId(), api.org, told],
  );
  await api.client.holds.put(held, "audit of November");
  expect((await api.client.holds.list()).items).toMatchObject([{ run: held, reason: "audit of November" }]);
  expect(await enforce()).toBe(0);

  await api.client.holds.remove(held);
  await age(40, child);
  await api.engine.admin.query("DELETE FROM inbox WHERE run_id = $1", [told]);
  expect(await enforce()).toBe(4);
  expect((await api.client.archive.get(child)).parent).toBe(parent);
  await age(30, changed);
  expect(await enforce()).toBe(1);
  expect((await contentOf(changed)).map(({ kind }) => kind)).toContain("changeSet");
});

test("runs of one goal stay and go together, and the goal with the last of them", async () => {
  const { goal, run } = await api.client.goals.create({ text: "look around in dev", runbook: "test.look" });
  const again = await finished();
  const id = goal?.id ?? "";
  await api.engine.reaches(run?.id ?? "", "succeeded");
  await api.engine.admin.query("INSERT INTO goal_runs (org, goal, run) VALUES ($1, $2, $3)", [api.org, id, again]);
  await age(31, run?.id ?? "");
  expect(await enforce()).toBe(0);
  expect((await api.client.goals.get(id)).status).toBe("met");
  await age(31, again);
  expect(await enforce()).toBe(2);
  expect(await refusalOf(api.client.goals.get(id))).toEqual([404, "not_found"]);
});

test("nobody but the purge can delete history, and it refuses what isn't archived as it stands", async () => {
  const run = await finished();
  await age(100, run);
  const { rows } = await api.engine.admin.query(
    `SELECT r, t FROM unnest($1::text[]) r CROSS JOIN unnest($2::text[]) t WHERE has_table_privilege(r, t, 'DELETE, TRUNCATE')`,
    [
      ["gantry_api", "gantry_engine"],
      ["events", "runs", "plans", "change_sets", "approvals", "archived_runs"],
    ],
  );
  expect(rows).toEqual([]);
  await expect(api.pool.query("SELECT purge_archived_runs($1)", [[run]])).rejects.toMatchObject({ code: "42501" });
  const purge = () => api.engine.db.query("SELECT purge_archived_runs($1)", [[run]]);
  await expect(purge()).rejects.toMatchObject({ code: "GR001" });
  await api.engine.db.query(
    `INSERT INTO archived_runs (org, ordinal, run_id, seq, entry, hash, digest)
     SELECT org, 1000, id, seq - 1, '{}', '', '' FROM runs WHERE id = $1`,
    [run],
  );
  await expect(purge()).rejects.toMatchObject({ code: "GR001" });
  await expect(api.engine.db.query("UPDATE archived_runs SET hash = ''")).rejects.toMatchObject({ code: "42501" });
  await api.engine.admin.query("DELETE FROM archived_runs WHERE ordinal = 1000");
  expect(await enforce()).toBe(1);
});

test("a hold in the moment of a purge waits for it and is refused, and a purge waits for a hold", async () => {
  const [gone, held] = [await finished(), await finished()];
  const archived = (db: Pick<typeof api.engine.db, "query">, run: string, ordinal: number) =>
    db.query(
      `INSERT INTO archived_runs (org, ordinal, run_id, seq, entry, hash, digest) SELECT org, $2, id, seq, '{}', '', '' FROM runs WHERE id = $1`,
      [run, ordinal],
    );
  const waits = () =>
    api.engine.until(async () => {
      const { rowCount } = await api.engine.admin.query(
        "SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND a.datname = current_database()",
      );
      return rowCount === 1;
    });
  const first = await api.engine.db.connect();
  await first.query("BEGIN");
  await archived(first, gone, 1_001);
  await first.query("SELECT purge_archived_runs($1)", [[gone]]);
  const late = refusalOf(api.client.holds.put(gone, "too late"));
  await waits();
  await first.query("COMMIT");
  expect(await late).toEqual([410, "run_archived"]);

  const holder = await api.pool.connect();
  await holder.query(`BEGIN; SET LOCAL gantry.org = '${api.org}'`);
  await holder.query("INSERT INTO run_holds (org, run_id, reason, actor) VALUES ($1, $2, 'audit', '{}')", [
    api.org,
    held,
  ]);
  await archived(api.engine.db, held, 1_002);
  const refused = first.query("SELECT purge_archived_runs($1)", [[held]]).then(
    () => "purged",
    (error: { code: string }) => error.code,
  );
  await waits();
  await holder.query("COMMIT");
  expect(await refused).toBe("GR001");
  first.release();
  holder.release();
  await api.engine.admin.query("DELETE FROM archived_runs WHERE ordinal > 1000");
});

test("verification reads every archive again and names what isn't as it was written", async () => {
  const runs = [await finished(), await finished(), await finished()];
  await age(31, ...runs);
  expect(await enforce()).toBe(3);
  const whole = await api.client.archive.verify({ limit: 200 });
  expect(whole).toMatchObject({ problems: [], more: false });
  const { ordinal, hash } = (await api.client.archive.list()).items[0] ?? { ordinal: 0, hash: "" };
  expect(whole.head).toEqual({ ordinal, hash });
  expect(whole.checked).toBe(ordinal);
  const part = await api.client.archive.verify({ after: ordinal - 2, limit: 1 });
  expect(part).toMatchObject({ checked: 1, more: true, head: { ordinal: ordinal - 1 }, problems: [] });

  const problems = async () =>
    (await api.client.archive.verify({ limit: 200 })).problems.map((one) => [one.ordinal, one.problem]);
  const change = (what: string) =>
    api.engine.admin.query(`UPDATE archived_runs SET ${what} WHERE org = $1 AND ordinal = $2`, [api.org, ordinal - 1]);
  await change(`entry = jsonb_set(entry::jsonb, '{status}', '"undone"')::json`);
  expect(await problems()).toEqual([[ordinal - 1, "its hash isn't that of what it says"]]);
  await change(`entry = jsonb_set(entry::jsonb, '{status}', '"succeeded"')::json`);
  expect(await problems()).toEqual([]);
  await change(`digest = 'sha256:${"0".repeat(64)}'`);
  expect(await problems()).toEqual([[ordinal - 1, "it was moved here"]]);
  await change("digest = entry ->> 'digest'");
  await api.blobs.delete(api.org, (await api.client.archive.get(runs[2] ?? "")).digest as never);
  expect(await problems()).toEqual([[ordinal, expect.stringContaining("its archive can't be read") as string]]);
  await change("ordinal = 900");
  expect((await problems())[0]).toEqual([ordinal, `entries are missing before it, from ${ordinal - 1} on`]);
  await api.engine.admin.query("UPDATE archived_runs SET ordinal = $1 WHERE ordinal = 900", [ordinal - 1]);
});

test("content and plans go once no run that is left refers to them, and not while they may be in use", async () => {
  const [first, second] = [await finished("test.look", { at: "a" }), await finished("test.look", { at: "b" })];
  const put = async (text: string) => (await api.blobs.put(api.org, Buffer.from(text), { purpose: "artifact" })).digest;
  const [own, shared] = [await put("of the first alone"), await put("of both")];
  const name = (run: string, digest: string, field: string) =>
    api.engine.admin.query(
      `UPDATE events SET data = replace(data::text, '"goal":', '"${field}":{"$artifact":"${digest}"},"goal":')::json WHERE run_id = $1 AND seq = 1`,
      [run],
    );
  await name(first, own, "x");
  await name(first, shared, "y");
  await name(second, shared, "z");
  const { planDigest } = (
    await api.engine.admin.query<{ planDigest: string }>(`SELECT plan_digest AS "planDigest" FROM runs WHERE id = $1`, [
      first,
    ])
  ).rows[0] ?? { planDigest: "" };
  const left = async () => {
    const plan = await api.engine.admin.query("SELECT FROM plans WHERE digest = $1", [planDigest]);
    return [await api.blobs.has(api.org, own), await api.blobs.has(api.org, shared), plan.rowCount === 1];
  };
  const later = () =>
    api.engine.admin.query(
      "UPDATE blobs SET used_at = now() - interval '8 days' WHERE purpose <> 'archive'; UPDATE retention_lease SET swept_at = '-infinity'",
    );
  await age(31, first);
  expect(await enforce()).toBe(1);
  expect(await left()).toEqual([true, true, true]);
  // A day later: what was stored less than a week ago may be of an attempt that goes on.
  await api.engine.admin.query("UPDATE retention_lease SET swept_at = '-infinity'");
  await enforce();
  expect(await left()).toEqual([true, true, false]);
  await later();
  await enforce();
  expect(await left()).toEqual([false, true, false]);
  await age(31, second);
  expect(await enforce()).toBe(1);
  await later();
  // Stored again by somebody in this moment.
  await put("of both");
  await enforce();
  expect(await left()).toEqual([false, true, false]);
  await later();
  await enforce();
  expect(await left()).toEqual([false, false, false]);
  expect((await api.client.archive.verify({ limit: 200 })).problems).toHaveLength(1);
});

test("readers whose place lies before what was purged are told so once, and then read what is left", async () => {
  const feed = api.client.feed.follow();
  const ready = (await feed.next()).value as { id: string };
  await feed.return(undefined);
  const [stays, goes] = [await finished(), await finished()];
  const last = (await api.engine.events(goes)).length;
  await age(31, goes);
  // Connected all the while, and read up to the end: nothing is lost.
  const stop = new AbortController();
  const live = api.client.runs.follow(goes, { signal: stop.signal });
  for (let seen = 0; seen < last; seen += 1) await live.next();
  const silent = live.next();
  expect(await enforce()).toBe(1);

  const follow = (after: string | number) => api.client.runs.follow(goes, { after, signal: stop.signal });
  const item = (await follow(1).next()).value as StreamItem<RunEvent>;
  expect(item).toEqual({ kind: "reset", reason: "history_purged", id: String(last) });
  expect(await Promise.race([silent, follow(last).next(), api.engine.status(stays)])).toMatchObject({
    status: "succeeded",
  });

  const expected = (await api.engine.events(stays)).length;
  // Others' events, of earlier tests too, may become visible only now.
  const all = async (after: string) => {
    const ofStays = (item: StreamItem<{ run: string }>) => item.kind === "event" && item.event.run === stays;
    const items = await takeUntil(
      api.client.feed.follow({ after }),
      (taken) => taken.filter(ofStays).length === expected,
    );
    expect(items.some((one) => one.kind === "event" && one.event.run === goes)).toBe(false);
    return items.filter((one) => one.kind !== "event" || ofStays(one));
  };
  const seen = await all(ready.id);
  expect(seen.map((one) => (one.kind === "event" ? one.event.seq : one.kind))).toEqual([
    "reset",
    ...Array.from({ length: expected }, (_, index) => index + 1),
  ]);
  // It knows now: the same place under the id that came with the reset.
  const told = seen[0]?.kind === "reset" ? seen[0].id : "";
  expect((await all(told)).map(({ kind }) => kind)).toEqual([
    "ready",
    ...Array.from({ length: expected }, () => "event"),
  ]);
  stop.abort();
});

test("each kind of data has a rule of its own with a floor, a preview counts what would go, and only that goes", async () => {
  const archived = await finished();
  await age(31, archived);
  await enforce();
  expect(await refusalOf(api.client.retention.setKind("audit", 89))).toEqual([422, "retention_too_short"]);
  const set = await api.client.retention.setKind("deliveries", 10);
  expect(set).toMatchObject({ kind: "deliveries", keepDays: 10, own: true, minimumDays: 1 });
  for (const kind of ["logs", "archives", "states", "secrets", "keys", "invitations"] as const)
    await api.client.retention.setKind(kind, 30);
  const run = await finished();
  const held = await finished();
  await age(40, run, held);
  await api.client.holds.put(held, "audit");
  const org = api.org;
  const subject = newId();
  const put = (text: string, ...values: unknown[]) => api.engine.admin.query(text, [org, ...values]);
  for (const days of [9, 11])
    await put(
      `INSERT INTO deliveries (org, id, subscription, run_id, seq, kind, notice, status, ended_at)
       VALUES ($1, $2, $3, $4, 1, 'test', '{}', 'sent', now() - make_interval(days => $5))`,
      newId(),
      subject,
      newId(),
      days,
    );
  for (const days of [364, 366])
    await put(
      `INSERT INTO model_calls (org, id, at, task, connection, provider, model, state)
       VALUES ($1, $2, now() - make_interval(days => $3), 'think', 'claude', 'anthropic', 'm', 'answered')`,
      newId(),
      days,
    );
  const logs: `sha256:${string}`[] = [];
  for (const one of [run, held]) {
    const { digest } = await api.blobs.put(org, Buffer.from(`log of ${one}`), { purpose: "log" });
    logs.push(digest);
    await put("INSERT INTO log_heads (org, run_id, segments) VALUES ($1, $2, 1)", one);
    await put(
      `INSERT INTO log_segments (org, run_id, ordinal, attempt_id, from_byte, to_byte, from_line, to_line, digest)
       VALUES ($1, $2, 0, 'a', 0, 1, 0, 1, $3)`,
      one,
      digest,
    );
  }
  await put(
    `INSERT INTO terraform_states (org, id, project, environment, name, version) VALUES ($1, $2, $3, 'dev', 'net', 12)`,
    subject,
    api.project,
  );
  await put(
    `INSERT INTO terraform_state_versions (org, state, version, bytes, actor, created_at)
     SELECT $1, $2, n, 0, '', now() - interval '40 days' FROM generate_series(1, 12) n`,
    subject,
  );
  for (const n of [1, 2, 3, 4]) await api.client.secrets.put("rotated", `value ${String(n)}`);
  await api.engine.admin.query("UPDATE secret_versions SET created_at = now() - interval '40 days'");
  const person = await api.addPerson("with an old key");
  await put("UPDATE api_keys SET revoked_at = now() - interval '31 days' WHERE org = $1 AND actor = $2", person.actor);
  for (const days of [29, 31])
    await put(
      "INSERT INTO invitations (org, id, email, expires_at) VALUES ($1, $2, $3, now() - make_interval(days => $4))",
      newId(),
      `somebody-${String(days)}@example.com`,
      days,
    );
  await put("UPDATE archived_runs SET purged_at = now() - interval '31 days' WHERE org = $1 AND run_id = $2", archived);

  const preview = async () =>
    Object.fromEntries((await api.client.retention.preview()).items.map(({ kind, count }) => [kind, count]));
  const wanted = {
    deliveries: 1,
    logs: 1,
    states: 2,
    secrets: 2,
    keys: 1,
    invitations: 1,
    archives: 1,
    audit: 0,
    "model-calls": 1,
  };
  expect(await preview()).toMatchObject(wanted);
  expect((await api.client.retention.preview({ kind: "runs", keepDays: 39 })).items).toEqual([
    { kind: "runs", keepDays: 39, count: 1, more: false },
  ]);
  await enforce(null);
  expect(await preview()).toMatchObject({
    ...wanted,
    deliveries: 0,
    logs: 0,
    states: 0,
    secrets: 0,
    keys: 0,
    invitations: 0,
    archives: 0,
    "model-calls": 0,
  });
  const left = await put(
    `SELECT (SELECT count(*)::int FROM deliveries WHERE org = $1) AS deliveries,
       (SELECT count(*)::int FROM terraform_state_versions WHERE state = $2) AS states,
       (SELECT array_agg(v.version ORDER BY v.version) FROM secret_versions v JOIN secrets s ON s.id = v.secret_id WHERE s.name = 'rotated') AS secrets,
       (SELECT count(*)::int FROM invitations WHERE org = $1) AS invitations`,
    subject,
  );
  expect(left.rows).toEqual([{ deliveries: 1, states: 10, secrets: [3, 4], invitations: 1 }]);
  expect(await Promise.all(logs.map((digest) => api.blobs.has(org, digest)))).toEqual([false, true]);
  expect(await refusalOf(api.client.runs.logs(run).next())).toEqual([410, "logs_purged"]);
  expect(await refusalOf(api.client.archive.content(archived))).toEqual([404, "blob_not_found"]);
  expect(await api.client.archive.verify({ limit: 200 })).toMatchObject({ removed: 1 });
  const records = await put(
    "SELECT DISTINCT target ->> 'kind' AS kind FROM audit_records WHERE org = $1 AND action = 'retention.purge' ORDER BY 1",
  );
  expect(records.rows.map(({ kind }: { kind: string }) => kind)).toEqual([
    "archives",
    "deliveries",
    "invitations",
    "keys",
    "logs",
    "model-calls",
    "secrets",
    "states",
  ]);
  await api.client.holds.remove(held);
});
