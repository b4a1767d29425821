import type { EventSink } from "@gantry/sdk/event-bus";
import pg from "pg";

/** Rows of `gantry_events` in another Postgres, for reports. The table is made where it is missing; no event stands there twice. */
export function createDatabaseSink(url: string): EventSink {
  let client: pg.Client | null = null;

  const connected = async (signal: AbortSignal): Promise<pg.Client> => {
    if (client !== null) return client;
    const fresh = new pg.Client({ connectionString: url, application_name: "gantry-event-sink" });
    fresh.on("error", () => {
      if (client === fresh) client = null;
    });
    await within(fresh, signal, async () => {
      await fresh.connect();
      await fresh.query(`CREATE TABLE IF NOT EXISTS gantry_events (
        org uuid NOT NULL, run uuid NOT NULL, seq int NOT NULL, type text NOT NULL, category text NOT NULL,
        at timestamptz NOT NULL, actor json NOT NULL, data json NOT NULL, PRIMARY KEY (run, seq))`);
    });
    client = fresh;
    return fresh;
  };

  return {
    name: "database",
    write: async (events, signal) => {
      const db = await connected(signal);
      try {
        await within(db, signal, () =>
          db.query(
            `INSERT INTO gantry_events (org, run, seq, type, category, at, actor, data)
             SELECT i.org, i.run, i.seq, i.type, i.category, to_timestamp(i.at / 1000.0), i.actor, i.data
               FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::float8[], $7::json[], $8::json[])
                 AS i (org, run, seq, type, category, at, actor, data)
             ON CONFLICT DO NOTHING`,
            [
              events.map(({ org }) => org),
              events.map(({ run }) => run),
              events.map(({ seq }) => seq),
              events.map(({ type }) => type),
              events.map(({ category }) => category),
              events.map(({ at }) => at),
              events.map(({ actor }) => JSON.stringify(actor)),
              events.map(({ data }) => JSON.stringify(data)),
            ],
          ),
        );
      } catch (error) {
        client = null;
        void db.end().catch(() => {});
        throw error;
      }
    },
    close: async () => client?.end(),
  };
}

/** A database that doesn't answer is left: its connection is cut. */
async function within<T>(client: pg.Client, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const cut = (): void => {
    (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  };
  signal.addEventListener("abort", cut, { once: true });
  try {
    return await work();
  } finally {
    signal.removeEventListener("abort", cut);
  }
}
