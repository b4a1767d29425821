import type { JsonObject } from "@gantry/sdk";
import type { Problem } from "@gantry/sdk/api";
import type { FastifyRequest } from "fastify";
import { writeAudit, type AuditRecord } from "../../store/records/audit-records.ts";
import { inOrganization, noOrganization } from "../../store/organization.ts";
import { bearerKey } from "../access/api-key.ts";
import { sourceOf, whoOf } from "./audit-call.ts";
import type { ApiDeps } from "../deps.ts";

/** Of the same kind, from the same place: more say nothing new, and whoever knocks must not fill the disk. */
const perMinute = 10;
const kindsKept = 10_000;

/**
 * Records who was refused what: calls that were not allowed (403), and credentials that aren't good (401), which belong to no
 * organization. How many weren't recorded of a kind stands in its next record.
 */
export function createRefusalRecorder(deps: Pick<ApiDeps, "pool" | "newId" | "now" | "log">) {
  const bound = createBound(deps.now);
  return async (request: FastifyRequest, problem: Problem): Promise<void> => {
    const record = recordOf(request, problem);
    if (record === null) return;
    const { org, action, target, source } = record;
    const kind = org === null ? request.ip : JSON.stringify([org, record.actor.id, action, target, problem.code]);
    const more = bound(kind);
    if (more === null) return;
    const details = { code: problem.code, ...factsOf(problem), ...(more > 0 ? { notRecorded: more } : {}) };
    try {
      await inOrganization(deps.pool, org ?? noOrganization, (db) =>
        writeAudit(db, { ...record, id: deps.newId(), result: "denied", details, source: source ?? null }),
      );
    } catch (err) {
      // It stays refused, whether that can be recorded or not.
      deps.log.error({ err, requestId: request.id }, "A refusal couldn't be recorded in the audit trail");
    }
  };
}

function recordOf(request: FastifyRequest, { status }: Problem): Omit<AuditRecord, "id"> | null {
  const { endpoint } = request.routeOptions.config;
  const action = endpoint?.id ?? `${request.method} ${request.routeOptions.url ?? ""}`;
  if (status === 403 && request.caller !== null) {
    return { ...whoOf(request.caller, request), action, target: { ...(request.params as JsonObject | undefined) } };
  }
  const key = status === 401 ? bearerKey(request.headers.authorization) : null;
  if (key === null) return null;
  return {
    org: null,
    actor: { kind: "unknown", id: "unknown", name: "unknown" },
    action: "signIn.key",
    target: { action },
    // By its beginning, which lists of keys show, a key that was revoked or has expired can be told.
    source: sourceOf(request, { kind: "key", prefix: key.slice(0, 15) }),
    requestId: request.id,
  };
}

/** What decided, as far as the answer says it. */
function factsOf({ details }: Problem): JsonObject {
  const told = details ?? {};
  return Object.fromEntries(
    ["policies", "scope", "needed"].flatMap((name) => (told[name] === undefined ? [] : [[name, told[name]]])),
  ) as JsonObject;
}

/** Says how many of that kind were left out since the last one, or null when this one is to be left out too. */
function createBound(now: () => number): (kind: string) => number | null {
  const seen = new Map<string, { since: number; count: number }>();
  return (kind) => {
    const known = seen.get(kind);
    if (known !== undefined && now() - known.since < 60_000) {
      known.count += 1;
      return known.count > perMinute ? null : 0;
    }
    // The oldest goes: what is kept in memory is bounded, whoever comes.
    if (known === undefined && seen.size >= kindsKept) seen.delete(seen.keys().next().value ?? "");
    seen.delete(kind);
    seen.set(kind, { since: now(), count: 1 });
    return Math.max(0, (known?.count ?? 0) - perMinute);
  };
}
