import { createHmac } from "node:crypto";
import { digestOf, type Json } from "@gantry/sdk";
import type { Endpoint } from "@gantry/sdk/api";
import { inOrganization } from "../../store/organization.ts";
import type { Caller } from "../access/caller.ts";
import type { ApiDeps } from "../deps.ts";
import { IdempotencyInProgressError, IdempotencyKeyInvalidError, IdempotencyKeyReusedError } from "../errors.ts";
import type { Call, RouteOptions } from "./call.ts";

interface Outcome {
  status: number;
  answer: unknown;
}

const holdEveryMs = 1_000;
/** Several of those, for a server that is slow, not dead. */
const deadAfterMs = 5_000;

interface KeyRow {
  request_hash: string;
  status: number | null;
  response: Json;
  created: Date;
  fresh: boolean;
}

/**
 * Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07): the same key with the same request gives the same
 * answer, with another one 422, and 409 while the first is under way. A server says every second that it is still at it;
 * one that hasn't for a few is taken for dead, and the work is done again, under the same id, which creates nothing
 * twice. An error isn't kept: what failed can be tried again.
 */
export async function onceOnly(
  deps: ApiDeps,
  call: Pick<Call<Endpoint>, "caller" | "request" | "id" | "params" | "query" | "body">,
  endpoint: Endpoint,
  work: (id: string) => Promise<Outcome>,
  { sealAnswer = false }: RouteOptions,
): Promise<Outcome> {
  const key = call.request.headers["idempotency-key"];
  if (key === undefined) return work(call.id);
  if (typeof key !== "string" || !/^[\x21-\x7e]{1,200}$/.test(key)) throw new IdempotencyKeyInvalidError();
  const { caller } = call;
  const hash = digestOf({
    id: endpoint.id,
    params: call.params ?? null,
    query: call.query ?? null,
    body: call.body ?? null,
  });
  const row = await begin(deps, caller, key, hash);
  if (row.request_hash !== hash) throw new IdempotencyKeyReusedError();
  const binding = { org: caller.org, purpose: "idempotency", record: `${caller.actor.id} ${key}` };
  if (row.status !== null) {
    const kept = row.response as { sealed?: string; answer?: Json };
    const answer: unknown =
      kept.sealed === undefined
        ? kept.answer
        : JSON.parse((await deps.keys.open(binding, Buffer.from(kept.sealed, "base64"))).toString("utf8"));
    return { status: row.status, answer };
  }
  if (!row.fresh) throw new IdempotencyInProgressError();
  let outcome: Outcome;
  const holding = setInterval(() => void hold(deps, caller, key).catch(() => {}), holdEveryMs).unref();
  try {
    outcome = await work(idOf(deps, caller, key, row.created));
  } catch (error) {
    await forget(deps, caller, key).catch((err: unknown) => deps.log.warn({ err }, "An idempotency key stayed behind"));
    throw error;
  } finally {
    clearInterval(holding);
  }
  const text = JSON.stringify(outcome.answer);
  const kept = sealAnswer
    ? { sealed: (await deps.keys.seal(binding, Buffer.from(text))).toString("base64") }
    : { answer: outcome.answer };
  await inOrganization(deps.pool, caller.org, (tx) =>
    tx.query("UPDATE idempotency_keys SET status = $4, response = $5 WHERE org = $1 AND actor = $2 AND key = $3", [
      caller.org,
      caller.actor.id,
      key,
      outcome.status,
      JSON.stringify(kept),
    ]),
  );
  return outcome;
}

/** Takes the key, or finds who has it; `fresh` when the caller may do the work. Keys are kept for a day. */
async function begin(deps: ApiDeps, caller: Caller, key: string, hash: string): Promise<KeyRow> {
  const values = [caller.org, caller.actor.id, key];
  const columns = "request_hash, status, response, created_at AS created";
  return inOrganization(deps.pool, caller.org, async (tx) => {
    await tx.query("DELETE FROM idempotency_keys WHERE org = $1 AND created_at < now() - interval '1 day'", [
      caller.org,
    ]);
    const inserted = await tx.query<KeyRow>(
      `INSERT INTO idempotency_keys (org, actor, key, request_hash) VALUES ($1, $2, $3, $4)
       ON CONFLICT DO NOTHING RETURNING ${columns}, true AS fresh`,
      [...values, hash],
    );
    // Of several that come back for a dead server's key, one gets it.
    const taken =
      inserted.rows[0] ??
      (
        await tx.query<KeyRow>(
          `UPDATE idempotency_keys SET held_at = now()
            WHERE org = $1 AND actor = $2 AND key = $3 AND status IS NULL AND request_hash = $4
              AND held_at < now() - $5 * interval '1 millisecond' RETURNING ${columns}, true AS fresh`,
          [...values, hash, deadAfterMs],
        )
      ).rows[0];
    const found =
      taken ??
      (
        await tx.query<KeyRow>(
          `SELECT ${columns}, false AS fresh FROM idempotency_keys WHERE org = $1 AND actor = $2 AND key = $3`,
          values,
        )
      ).rows[0];
    // Whoever had it failed just now and gave it back.
    if (found === undefined) throw new IdempotencyInProgressError();
    return found;
  });
}

async function hold({ pool }: ApiDeps, { org, actor }: Caller, key: string): Promise<void> {
  await inOrganization(pool, org, (tx) =>
    tx.query("UPDATE idempotency_keys SET held_at = now() WHERE org = $1 AND actor = $2 AND key = $3", [
      org,
      actor.id,
      key,
    ]),
  );
}

async function forget(deps: ApiDeps, caller: Caller, key: string): Promise<void> {
  await inOrganization(deps.pool, caller.org, (tx) =>
    tx.query("DELETE FROM idempotency_keys WHERE org = $1 AND actor = $2 AND key = $3 AND status IS NULL", [
      caller.org,
      caller.actor.id,
      key,
    ]),
  );
}

/** A UUID (version 7: it must sort among the others) that follows from the key and from when it was first used. */
function idOf(deps: ApiDeps, caller: Caller, key: string, created: Date): string {
  const time = created.getTime().toString(16).padStart(12, "0");
  const random = createHmac("sha256", deps.keyring.deriveKey("api idempotency"))
    .update(JSON.stringify([caller.org, caller.actor.id, key, created.getTime()]))
    .digest("hex");
  const variant = ((Number.parseInt(random.slice(3, 4), 16) & 3) | 8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`;
}
