import type { JsonObject } from "@gantry/sdk";
import type { Endpoint } from "@gantry/sdk/api";
import type { FastifyRequest } from "fastify";
import { type AuditRecord, commitAudited } from "../../store/records/audit-records.ts";
import { inOrganization } from "../../store/organization.ts";
import type { Caller } from "../access/caller.ts";
import type { ApiDeps } from "../deps.ts";
import type { Call } from "./call.ts";

type Asked = Pick<Call<Endpoint>, "caller" | "request" | "params" | "query" | "body"> & {
  id: string;
  /** Break-glass that was open there. */
  under: ReadonlySet<string>;
};

/**
 * The transactions of a call that may change something. The first one that does ends with the call's record, in the same
 * message as its COMMIT; so a call leaves one record, and nothing that it did without.
 */
export function auditedTransactions(deps: ApiDeps, endpoint: Endpoint, call: Asked): Call<Endpoint>["tx"] {
  let recorded = false;
  return (work) =>
    inOrganization(deps.pool, call.caller.org, work, async (client) => {
      if (recorded) await client.query("COMMIT");
      else recorded = await commitAudited(client, recordOf(deps, endpoint, call));
    });
}

function recordOf(
  deps: ApiDeps,
  endpoint: Endpoint,
  { caller, request, params, query, body, id, under }: Asked,
): AuditRecord {
  const said = { ...(query as object | undefined), ...(body as object | undefined) } as Record<string, unknown>;
  return {
    id: deps.newId(),
    ...whoOf(caller, request),
    action: endpoint.id,
    target: {
      ...(params as JsonObject | undefined),
      ...pick(said, placeFields),
      ...(endpoint.status === 201 ? { created: id } : {}),
    },
    reason: typeof said["reason"] === "string" ? said["reason"] : null,
    details: under.size === 0 ? detailsOf(endpoint, said) : { ...detailsOf(endpoint, said), breakGlass: [...under] },
  };
}

const placeFields = ["project", "environment"];

/** Who calls, with what and from where. */
export function whoOf(
  caller: Caller,
  request: FastifyRequest,
): Pick<AuditRecord, "org" | "actor" | "source" | "requestId"> {
  const { org, actor, person, credential } = caller;
  return {
    org,
    actor: { kind: actor.kind, id: actor.id, name: actor.name, ...(person === null ? {} : { person }) },
    source: sourceOf(request, { kind: credential.kind, id: credential.id }),
    requestId: request.id,
  };
}

export function sourceOf(request: FastifyRequest, credential: JsonObject | null): JsonObject {
  const agent = request.headers["user-agent"];
  return { address: request.ip, ...(agent === undefined ? {} : { userAgent: agent.slice(0, 300) }), credential };
}

/** Names of the fields that were set; values only of those that the contract says are no secret and worth it. */
function detailsOf({ audit }: Endpoint, said: Readonly<Record<string, unknown>>): JsonObject | null {
  const fields = Object.keys(said).filter((name) => said[name] !== undefined && name !== "reason");
  if (fields.length === 0) return null;
  return { fields: fields.toSorted(), ...pick(said, audit?.details ?? []) };
}

/** Texts, numbers, truth values and short lists of them, cut where they are long. */
function pick(said: Readonly<Record<string, unknown>>, names: readonly string[]): JsonObject {
  const kept = names.flatMap((name) => {
    const value = said[name];
    const short = Array.isArray(value) ? value.slice(0, 50).map(shortOf) : shortOf(value);
    return short === undefined ? [] : [[name, short] as const];
  });
  return Object.fromEntries(kept) as JsonObject;
}

function shortOf(value: unknown): string | number | boolean | null | undefined {
  if (typeof value === "string") return value.slice(0, 500);
  return value === null || typeof value === "number" || typeof value === "boolean" ? value : undefined;
}
