import pg from "pg";
import { createTestDatabase } from "./postgres.ts";

/** A fresh database with a pool per role, and one past row-level security to arrange and to look with. */
export interface TestPools extends AsyncDisposable {
  api: pg.Pool;
  engine: pg.Pool;
  admin: pg.Pool;
}

/** As `createTestDatabase`, for tests that need pools and no addresses. */
export async function createTestPools(): Promise<TestPools> {
  const database = await createTestDatabase();
  const open = (connectionString: string) => {
    const pool = new pg.Pool({ connectionString, max: 4 });
    // Dropping the database cuts connections that are still closing.
    return pool.on("error", () => undefined);
  };
  const pools = { api: open(database.apiUrl), engine: open(database.engineUrl), admin: open(database.superuserUrl) };
  return {
    ...pools,
    async [Symbol.asyncDispose]() {
      await Promise.all(Object.values(pools).map((pool) => pool.end()));
      await database[Symbol.asyncDispose]();
    },
  };
}
