import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRateLimiter, type RateLimiter } from "../../platform/src/rate-limits/index.ts";
import { connect } from "../../platform/src/postgres/index.ts";
import { newId } from "../support/engine.ts";
import { silentLog } from "../support/log.ts";
import { createTestDatabase, type TestDatabase } from "../support/postgres.ts";

let database: TestDatabase;
let pools: [Pool, Pool];
let admin: Pool;
/** As two processes have them. */
let one: RateLimiter;
let other: RateLimiter;
let ahead = 0;
const now = () => Date.now() + ahead;

beforeAll(async () => {
  database = await createTestDatabase();
  const open = (url: string) => connect(url, { name: "limits", max: 4, log: silentLog });
  pools = [open(database.apiUrl), open(database.authUrl)];
  admin = open(database.superuserUrl);
  one = createRateLimiter({ pool: pools[0], now, log: silentLog });
  other = createRateLimiter({ pool: pools[1], now, log: silentLog });
});

afterAll(async () => {
  await Promise.all([one.close(), other.close()]);
  await Promise.all([...pools, admin].map((pool) => pool.end()));
  await database[Symbol.asyncDispose]();
});

async function allowedOf(asked: number, name: string, points: number): Promise<number> {
  const all = Array.from({ length: asked }, async (_, n) =>
    (n % 2 === 0 ? one : other).take(name, { points, seconds: 60 }),
  );
  return (await Promise.all(all)).filter(({ allowed }) => allowed).length;
}

test("whatever two processes are asked for at once, they give out what there is and not one more", async () => {
  // One after the other, so that each is a case of its own.
  for (const points of [1, 7, 100, 1_999]) {
    const name = newId();
    expect(await allowedOf(2 * points, name, points)).toBe(points);
    expect(await allowedOf(4, name, points)).toBe(0);
  }
});

test("of a large limit each takes a thousandth at once, so that few requests ask the database", async () => {
  const name = newId();
  const asked = async () => {
    const { rows } = await admin.query<{ used: string }>("SELECT sum(used) AS used FROM rate_limits");
    return Number(rows[0]?.used ?? 0);
  };
  const before = await asked();
  for (let n = 0; n < 60; n += 1) await one.take(name, { points: 60_000, seconds: 60 });
  expect((await asked()) - before).toBe(60);
  await one.take(name, { points: 60_000, seconds: 60 });
  expect((await asked()) - before).toBe(120);
  // What one of them still holds is given to nobody else: never more, and at most a thousandth less.
  expect(await other.take(name, { points: 60_000, seconds: 60 }, 59_880)).toMatchObject({ allowed: true, left: 0 });
  expect(await other.take(name, { points: 60_000, seconds: 60 })).toMatchObject({ allowed: false });
  expect(await one.take(name, { points: 60_000, seconds: 60 })).toMatchObject({ allowed: true });
});

test("a window begins anew when it has ended, and what was held of the one before is void", async () => {
  const name = newId();
  const limit = { points: 5_000, seconds: 60 };
  await one.take(name, limit);
  await admin.query("UPDATE rate_limits SET ends_at = now() - interval '1 second'");
  ahead = 60_000;
  expect(await other.take(name, limit, 5_000)).toMatchObject({ allowed: true });
  expect(await one.take(name, limit)).toMatchObject({ allowed: false });
  ahead = 0;
});

test("what was taken can be looked at and forgotten, and a refusal is believed for a second only", async () => {
  const name = newId();
  const limit = { points: 2, seconds: 900 };
  expect(await one.look(name, limit)).toMatchObject({ allowed: true, left: 2 });
  await one.take(name, limit, 2);
  expect(await other.look(name, limit)).toMatchObject({ allowed: false, left: 0 });
  expect(await other.take(name, limit)).toMatchObject({ allowed: false });
  expect(other.spent(name)).toMatchObject({ allowed: false });
  await one.forget(name);
  expect(await other.take(name, limit)).toMatchObject({ allowed: false });
  ahead = 1_001;
  expect(other.spent(name)).toBeNull();
  expect(await other.take(name, limit)).toMatchObject({ allowed: true, left: 1 });
  ahead = 0;
});

test("without the database a process counts alone, so that there is a limit still", async () => {
  const gone = connect("postgresql://nobody@127.0.0.1:1/none", { name: "gone", max: 1, log: silentLog });
  const alone = createRateLimiter({ pool: gone, now, log: silentLog });
  const taken = [];
  for (let n = 0; n < 3; n += 1) taken.push((await alone.take("name", { points: 2, seconds: 60 })).allowed);
  expect(taken).toEqual([true, true, false]);
  await alone.close();
  await gone.end();
});

test("the database holds no name in the clear, and its users reach the table by its functions only", async () => {
  await one.take("somebody@example.com", { points: 2, seconds: 60 });
  const { rows } = await admin.query("SELECT encode(name, 'escape') AS name FROM rate_limits");
  expect(JSON.stringify(rows)).not.toContain("somebody");
  for (const pool of pools) await expect(pool.query("SELECT * FROM rate_limits")).rejects.toThrow(/permission denied/);
});
