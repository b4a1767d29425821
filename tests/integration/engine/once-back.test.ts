import pg from "pg";
import { expect, test } from "vitest";
import { onceBack } from "../../../platform/src/store/once-back.ts";
import { createTestDatabase } from "../../support/postgres.ts";
import { startTcpProxy } from "../../support/tcp-proxy.ts";

test("what an attempt looks up is asked again until Postgres is back, and other errors are told", async () => {
  await using database = await createTestDatabase();
  await using proxy = await startTcpProxy(database.engineUrl);
  const pool = new pg.Pool({ connectionString: proxy.url });
  pool.on("error", () => {});
  const { signal } = new AbortController();
  let asked = 0;
  const ask = async () => {
    asked += 1;
    if (asked === 3) proxy.heal();
    return (await pool.query<{ one: number }>("SELECT 1 AS one")).rows;
  };
  expect(await onceBack(ask, signal)).toEqual([{ one: 1 }]);
  proxy.cut();
  expect(await onceBack(ask, signal)).toEqual([{ one: 1 }]);
  expect(asked).toBeGreaterThanOrEqual(3);
  await expect(onceBack(() => pool.query("SELECT nothing"), signal)).rejects.toMatchObject({ code: "42703" });

  proxy.cut();
  const stopped = AbortSignal.abort(new Error("stopped"));
  await expect(onceBack(() => pool.query("SELECT 1"), stopped)).rejects.toMatchObject({ name: "AbortError" });
  proxy.heal();
  await pool.end();
});
