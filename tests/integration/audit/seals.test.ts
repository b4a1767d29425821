import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { platformActor } from "@gantry/sdk";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { enforceSeals, verifyTrail, type TrailVerdict } from "../../../platform/src/audit/index.ts";
import { createSigner, type Signer } from "../../../platform/src/signing/index.ts";
import { inOrganization } from "../../../platform/src/store/organization.ts";
import { startTestApi, type TestApi } from "../../support/api.ts";
import { newId, quiet } from "../../support/engine.ts";
import { eventually } from "../../support/installation.ts";

const script = fileURLToPath(new URL("../../../scripts/verify-audit.mjs", import.meta.url));
let t: TestApi;
let signer: Signer;
beforeAll(async () => {
  t = await startTestApi();
  signer = createSigner({ pool: t.engine.db, keyring: t.keyring, now: Date.now });
});
afterAll(() => t[Symbol.asyncDispose]());

/** All that was written so far; what runs elsewhere on the server may hold it up for a moment. */
async function seal(): Promise<void> {
  await eventually(async () => {
    await enforceSeals({ pool: t.engine.db, signer, now: Date.now, log: quiet });
    const [{ left } = { left: 1 }] = await sql<{ left: number }>(
      "SELECT (audit_metrics() ->> 'unsealedSeconds')::float8 AS left",
    );
    return left === 0;
  });
}
const sql = async <Row extends object>(text: string, values: unknown[] = []) =>
  (await t.engine.admin.query<Row>(text, values)).rows;

/** What a superuser can do, whom no trigger stops. */
async function tamper(...statements: string[]): Promise<void> {
  await sql(`SET session_replication_role = replica; ${statements.join("; ")}; SET session_replication_role = DEFAULT`);
}

interface Head {
  n: number;
  hash: string;
}

/** What the platform and the separate program find; they must find the same. */
async function verdicts(head?: Head): Promise<Pick<TrailVerdict, "problems">["problems"]> {
  const own = await verifyTrail({ db: t.engine.db, signer }, t.org, head === undefined ? {} : { head });
  const parameters = [script, "--database", t.engine.database.superuserUrl, "--organization", t.org, "--json"];
  if (head !== undefined) parameters.push("--head", `${head.n}:${head.hash}`);
  const other = await promisify(execFile)(process.execPath, parameters).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (error: { code: number; stdout: string }) => error,
  );
  const said = JSON.parse(other.stdout) as { problems: { kind: string; seal: number; what: string | null }[] };
  const short = (problems: readonly { kind: string; seal: number; what: string | null }[]) =>
    problems.map(({ kind, seal: n, what }) => `${kind} ${n} ${what ?? ""}`).toSorted();
  expect(short(said.problems)).toEqual(short(own.problems));
  expect(other.code).toBe(own.problems.length === 0 ? 0 : 1);
  return own.problems;
}

interface Stored {
  id: string;
  xid: string;
}
/** Records of three seals, and events of a run. */
let seals: number[];
let records: Stored[];
let run: string;
let saved: string;

beforeEach(async () => {
  for (const n of [1, 2, 3]) {
    await t.client.killSwitch.set({ reason: `a ${n}`, scope: "organization" });
    await t.client.killSwitch.lift();
    if (n === 2) run = (await t.client.runs.create({ runbook: "test.look", parameters: {}, environment: "dev" })).id;
    await t.client.killSwitch.set({ reason: `b ${n}`, scope: "organization" });
    await t.client.killSwitch.lift();
    await seal();
  }
  seals = (await sql<{ n: number }>("SELECT n::int AS n FROM audit_seals WHERE org = $1 ORDER BY n", [t.org])).map(
    ({ n }) => n,
  );
  const [middle] = seals.slice(-2);
  records = await sql<Stored>(
    `SELECT r.id, r.xid::text AS xid FROM audit_records r JOIN audit_seals s ON s.org = r.org AND r.xid >= s.from_xid AND r.xid < s.to_xid
      WHERE s.n = $1 AND s.org = $2 ORDER BY r.xid, r.id`,
    [middle, t.org],
  );
  saved = `seals_${String(seals.length)}_${run.replaceAll("-", "").slice(-8)}`;
  await sql(`CREATE TABLE ${saved}_r AS TABLE audit_records; CREATE TABLE ${saved}_s AS TABLE audit_seals;
    CREATE TABLE ${saved}_l AS TABLE audit_leaves; CREATE TABLE ${saved}_e AS TABLE events`);
});

/** Puts everything back, so that the next test finds a trail without fault. */
async function restore(): Promise<void> {
  await tamper(
    ...Object.entries({ audit_records: "r", audit_seals: "s", audit_leaves: "l", events: "e" }).flatMap(
      ([table, short]) => [`DELETE FROM ${table}`, `INSERT INTO ${table} SELECT * FROM ${saved}_${short}`],
    ),
  );
  expect(await verdicts()).toEqual([]);
}

test("whatever a superuser edits, deletes, moves or puts in is found by both, and named", async () => {
  const [middle = 0, last = 0] = seals.slice(-2);
  const [other = { id: "", xid: "" }, one = { id: "", xid: "" }] = records;

  await tamper(`UPDATE audit_records SET reason = 'another' WHERE id = '${one.id}'`);
  expect(await verdicts()).toMatchObject([
    { kind: "edited", seal: middle, what: `record ${one.id}`, from: expect.any(Date), to: expect.any(Date) },
  ]);
  await restore();

  await tamper(`UPDATE events SET data = '{}' WHERE run_id = '${run}' AND seq = 1`);
  expect(await verdicts()).toMatchObject([{ kind: "edited", seal: middle, what: `event ${run}/1` }]);
  await restore();

  await tamper(`DELETE FROM audit_records WHERE id = '${one.id}'`);
  expect(await verdicts()).toMatchObject([
    { kind: "deleted", seal: middle, message: expect.stringContaining(other.id) },
  ]);
  await restore();

  await tamper(`UPDATE audit_records SET xid = CASE id WHEN '${one.id}' THEN '${other.xid}'::xid8 ELSE '${one.xid}'::xid8 END
    WHERE id IN ('${one.id}', '${other.id}')`);
  expect(await verdicts()).toMatchObject([{ kind: "reordered", seal: middle }]);
  await restore();

  const later = "SELECT max(xid::text::bigint)::text::xid8 FROM audit_records WHERE org IS NOT NULL";
  await tamper(`UPDATE audit_records SET xid = (${later}) WHERE id = '${one.id}'`);
  expect(await verdicts()).toMatchObject([{ kind: "reordered", seal: last, what: `record ${one.id}` }]);
  await restore();

  const id = "01890000-0000-7000-8000-000000000000";
  await tamper(`INSERT INTO audit_records (org, id, at, actor, action, target, result, xid)
    SELECT org, '${id}', at, actor, 'secrets.put', target, result, xid FROM audit_records WHERE id = '${one.id}'`);
  expect(await verdicts()).toMatchObject([{ kind: "inserted", seal: middle, what: `record ${id}` }]);
  await restore();
});

test("records older than the organization keeps them leave the trail, their hashes stay, and nobody else can take one out", async () => {
  const aged = await aging(["an old one", "another old one"]);
  await seal();
  const purge = (days: number) =>
    t.engine.db.query<{ n: number }>("SELECT purge_audit($1, $2, 100, $3, '{}', $4) AS n", [
      t.org,
      days,
      JSON.stringify(platformActor),
      newId(),
    ]);
  await expect(purge(89)).rejects.toThrow("90 days at least");
  await expect(t.engine.db.query("DELETE FROM audit_records")).rejects.toMatchObject({ code: "42501" });
  await expect(t.pool.query("SELECT purge_audit($1, 100, 1, '{}', '{}', $1)", [t.org])).rejects.toMatchObject({
    code: "42501",
  });
  await expect(sql("DELETE FROM audit_records WHERE id = $1", [aged[0]])).rejects.toThrow("only ever added to");
  expect((await purge(100)).rows).toEqual([{ n: 2 }]);
  expect(await sql("SELECT FROM audit_records WHERE id = ANY ($1)", [aged])).toEqual([]);
  await seal();
  expect(await verdicts()).toEqual([]);
  expect((await purge(100)).rows).toEqual([{ n: 0 }]);

  // Without the record of it, it is a deletion like any other.
  await tamper("DELETE FROM audit_records WHERE action = 'audit.purge'");
  expect((await verdicts()).map(({ kind }) => kind)).toEqual(expect.arrayContaining(["deleted"]));
  await restore();
});

/** Records of a year ago, as a trail has them that is as old. */
async function aging(reasons: readonly string[]): Promise<string[]> {
  return Promise.all(
    reasons.map(async (reason) => {
      const id = newId();
      await sql(
        `INSERT INTO audit_records (id, org, at, actor, action, target, reason, result)
         VALUES ($1, $2, now() - interval '1 year', '{"kind":"user","id":"x","name":"somebody"}', 'killSwitch.set', '{}', $3, 'allowed')`,
        [id, t.org, reason],
      );
      return id;
    }),
  );
}

test("what is rewritten is bound by the hash that its record states, and purging it keeps the hash it was sealed with", async () => {
  const [id = ""] = await aging(["by somebody"]);
  await seal();
  const content = { id, actor: { kind: "user", id: "x", name: "erased" }, target: {}, source: null };
  const rewrite = (one: object) =>
    t.engine.db.query<{ n: number }>("SELECT rewrite_audit($1, $2, $3, 'erasure', $4) AS n", [
      t.org,
      JSON.stringify([one]),
      JSON.stringify(platformActor),
      newId(),
    ]);
  expect((await rewrite(content)).rows).toEqual([{ n: 1 }]);
  await seal();
  expect(await verdicts()).toEqual([]);
  await tamper(`UPDATE audit_records SET target = '{"run":"another"}' WHERE id = '${id}'`);
  expect((await verdicts()).map(({ what }) => what)).toEqual([`record ${id}`]);
  await tamper(`UPDATE audit_records SET target = '{}' WHERE id = '${id}'`);
  expect(await verdicts()).toEqual([]);
  await expect(rewrite({ ...content, actor: { kind: "user", id: "y", name: "erased" } })).rejects.toThrow(
    "only ever added",
  );
  await t.engine.db.query("SELECT purge_audit($1, 100, 100, $2, '{}', $3)", [
    t.org,
    JSON.stringify(platformActor),
    newId(),
  ]);
  await seal();
  expect(await sql("SELECT FROM audit_records WHERE id = $1", [id])).toEqual([]);
  expect(await verdicts()).toEqual([]);
  await restore();
});

test("seals that are changed, missing, forked, cut off or signed by another key are found by both", async () => {
  const [middle = 0, last = 0] = seals.slice(-2);
  const [head] = await sql<Head>("SELECT n::int AS n, hash FROM audit_seals WHERE org = $1 AND n = $2", [t.org, last]);
  expect(await verdicts(head)).toEqual([]);

  await tamper(
    `UPDATE audit_seals SET sealed_at = sealed_at - interval '1 day' WHERE org = '${t.org}' AND n = ${middle}`,
  );
  expect((await verdicts()).map(({ kind, seal: n }) => [kind, n])).toEqual([
    ["seal_changed", middle],
    ["signature", middle],
  ]);
  await restore();

  await tamper(`DELETE FROM audit_seals WHERE org = '${t.org}' AND n = ${middle}`);
  expect(await verdicts()).toMatchObject([{ kind: "seal_missing", seal: last }]);
  await restore();

  // The newest ones cut off, with all that they cover: only who kept a head elsewhere can tell.
  const from = "(SELECT from_xid FROM audit_seals WHERE n = " + String(last) + ` AND org = '${t.org}')`;
  await tamper(
    `DELETE FROM audit_records WHERE org = '${t.org}' AND xid >= ${from}`,
    `DELETE FROM events WHERE org = '${t.org}' AND xid >= ${from}`,
    `DELETE FROM audit_seals WHERE org = '${t.org}' AND n = ${last}`,
    `DELETE FROM audit_leaves WHERE org = '${t.org}' AND n = ${last}`,
  );
  expect(await verdicts()).toEqual([]);
  expect(await verdicts(head)).toMatchObject([{ kind: "truncated", seal: middle }]);
  // And what is sealed anew in its place is a fork.
  await t.client.killSwitch.set({ reason: "instead", scope: "organization" });
  await t.client.killSwitch.lift();
  await seal();
  expect(await verdicts()).toEqual([]);
  expect(await verdicts(head)).toMatchObject([{ kind: "forked", seal: last }]);
  await restore();

  await tamper(`UPDATE audit_seals SET prev = repeat('0', 64) WHERE org = '${t.org}' AND n = ${last}`);
  expect((await verdicts()).map(({ kind }) => kind).toSorted()).toEqual(["forked", "seal_changed", "signature"]);
  await restore();

  // A whole seal, made and signed as ours are, by a key that somebody put into the table.
  await using elsewhere = await startTestApi();
  const own = signer;
  const stranger = createSigner({ pool: elsewhere.engine.db, keyring: elsewhere.keyring, now: Date.now });
  const [key] = await stranger.keys();
  await sql("INSERT INTO signing_keys (kid, ordinal, public, endorsement) VALUES ($1, 9, $2, $3)", [
    key?.kid,
    JSON.stringify(key?.public),
    key?.endorsement,
  ]);
  await tamper(
    `DELETE FROM audit_seals WHERE org = '${t.org}' AND n = ${last}`,
    `DELETE FROM audit_leaves WHERE org = '${t.org}' AND n = ${last}`,
  );
  signer = stranger;
  await seal();
  signer = own;
  expect(await verdicts()).toMatchObject([{ kind: "signature", seal: last }]);
  await sql("DELETE FROM signing_keys WHERE ordinal = 9");
  await restore();
});

test("metrics and readiness tell how long the oldest entry waits for its seal, and how old the newest seal is", async () => {
  const [{ at } = { at: new Date(0) }] = await sql<{ at: Date }>("SELECT max(sealed_at) AS at FROM audit_seals");
  await t.client.killSwitch.set({ reason: "not sealed", scope: "organization" });
  await t.client.killSwitch.lift();
  const ready = (await (await t.request("/readyz")).json()) as { audit: { unsealedSeconds: number; sealedAt: string } };
  expect(ready).toMatchObject({ status: "ok", audit: { sealedAt: at.toISOString() } });
  expect(ready.audit.unsealedSeconds).toBeGreaterThan(0);
  const metric = async (name: string) =>
    Number(new RegExp(`\\n${name} (\\S+)`).exec(await (await t.request("/metrics")).text())?.[1]);
  const waited = await metric("gantry_audit_unsealed_seconds");
  expect(waited).toBeGreaterThan(0);
  // What waits was written after the seal.
  expect(await metric("gantry_audit_seal_age_seconds")).toBeGreaterThan(waited);
  await seal();
  expect(await metric("gantry_audit_unsealed_seconds")).toBe(0);
  expect(await metric("gantry_audit_seal_age_seconds")).toBeGreaterThan(0);
});

test("nobody may change the trail, not its owner either; content is taken out only with a record that says so", async () => {
  const [one = { id: "", xid: "" }] = records;
  for (const text of [
    `UPDATE audit_records SET reason = 'x' WHERE id = '${one.id}'`,
    `DELETE FROM audit_records WHERE id = '${one.id}'`,
    "TRUNCATE audit_records",
    "UPDATE audit_seals SET hash = 'x'",
    "DELETE FROM audit_leaves",
    "TRUNCATE audit_seals",
  ])
    await expect(sql(text)).rejects.toThrow(/only ever added to/);
  await expect(t.engine.db.query("DELETE FROM audit_records")).rejects.toThrow(/permission denied/);
  const asApi = inOrganization(t.pool, t.org, (tx) => tx.query("UPDATE audit_records SET reason = 'x'"));
  await expect(asApi).rejects.toThrow(/permission denied/);

  const who = JSON.stringify({ kind: "platform", id: "platform", name: "platform" });
  const record = "01890000-0000-7000-8000-000000000001";
  const { rows } = await t.engine.db.query("SELECT redact_audit($1, $2, $3, 'They asked for it', $4) AS count", [
    t.org,
    [one.id],
    who,
    record,
  ]);
  expect(rows).toEqual([{ count: 1 }]);
  await seal();
  expect(await verdicts()).toEqual([]);
  expect(
    await sql("SELECT actor, reason, source, redacted ->> 'why' AS why FROM audit_records WHERE id = $1", [one.id]),
  ).toEqual([
    {
      actor: { kind: "unknown", id: "redacted", name: "redacted" },
      reason: null,
      source: null,
      why: "They asked for it",
    },
  ]);
  // Without the record that says so it is what it looks like.
  await tamper(`DELETE FROM audit_records WHERE id = '${record}'`);
  expect((await verdicts()).map(({ kind }) => kind).toSorted()).toEqual(["deleted", "redacted_unrecorded"]);
});
