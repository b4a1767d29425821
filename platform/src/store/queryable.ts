import type pg from "pg";

/** A pool, or a client in a transaction: what a group of queries needs of a connection. */
export type Queryable = Pick<pg.Pool, "query">;
