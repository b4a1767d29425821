import type { WebhookSource } from "@gantry/sdk/api";
import type { Queryable } from "../queryable.ts";

/** A webhook trigger as its address finds it: before anything of the request is believed. */
export interface Hook {
  trigger: string;
  org: string;
  source: WebhookSource;
  /** The newest two versions of the secret that it names, newest first; none when it is gone. */
  secrets: SealedSecret[];
}

export interface SealedSecret {
  org: string;
  id: string;
  project: string | null;
  environment: string | null;
  name: string;
  version: number;
  envelope: Buffer;
  /** Milliseconds since it was stored. */
  ageMs: number;
}

type Row = { trigger_id: string; source: WebhookSource } & SealedSecret;

export async function findHook(db: Queryable, id: string): Promise<Hook | null> {
  const { rows } = await db.query<Row>({
    name: "find-hook",
    text: `SELECT trigger_id, org, source, secret_id AS id, secret_project AS project, secret_environment AS environment,
        secret_name AS name, version, envelope, (extract(epoch FROM now() - stored_at) * 1000)::float8 AS "ageMs"
      FROM find_hook($1)`,
    values: [id],
  });
  const [first] = rows;
  if (first === undefined) return null;
  const { trigger_id: trigger, org, source } = first;
  // One row without a secret says that there is none.
  const secrets = rows.filter((row) => (row.envelope as Buffer | null) !== null);
  return { trigger, org, source, secrets };
}
