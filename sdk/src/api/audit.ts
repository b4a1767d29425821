import { z } from "zod";
import { JsonObject } from "../json.ts";
import { Page, PageQuery, Timestamp, Uuid } from "./common.ts";
import { endpoint } from "./endpoint.ts";

/** Somebody did something: a record, or an event of a run that says so. */
export const AuditEntry = z.object({
  /** A record's id; of an event the run and its number: `run/seq`. */
  id: z.string(),
  kind: z.enum(["record", "event"]),
  at: Timestamp,
  actor: z.looseObject({ kind: z.string(), id: z.string(), name: z.string() }),
  onBehalfOf: z.looseObject({ kind: z.string(), id: z.string(), name: z.string() }).nullable(),
  /** The endpoint's id, or the event's type. */
  action: z.string(),
  target: JsonObject,
  reason: z.string().nullable(),
  result: z.enum(["allowed", "denied", "failed"]),
  details: JsonObject.nullable(),
  /** Address, user agent and credential. */
  source: JsonObject.nullable(),
  requestId: z.string().nullable(),
  /** Who took its content out, and why; null: it is whole. */
  redacted: JsonObject.nullable(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

const AuditScope = z.enum(["organization", "installation"]).default("organization");

const AuditFilter = z.object({
  /** The organization's, or the installation's own (such as refused keys), which needs the scope `admin:everywhere`. */
  scope: AuditScope,
  from: Timestamp.optional(),
  to: Timestamp.optional(),
  /** Id or name. */
  actor: z.string().max(200).optional(),
  /** Its beginning: `secrets.` for all that was done to secrets. */
  action: z
    .string()
    .regex(/^[A-Za-z_.]{1,100}$/)
    .optional(),
  run: Uuid.optional(),
  project: z.string().max(200).optional(),
  environment: z.string().max(200).optional(),
  result: AuditEntry.shape.result.optional(),
});
export type AuditFilter = z.input<typeof AuditFilter>;

export const AuditFormat = z.enum(["json", "csv", "ocsf", "cef"]);
export type AuditFormat = z.infer<typeof AuditFormat>;

const AuditHead = z.object({ n: z.int(), hash: z.string() });

export const AuditVerdict = z.object({
  /** Nothing was changed, as far as this tells. */
  intact: z.boolean(),
  problems: z.array(
    z.object({
      kind: z.string(),
      seal: z.int(),
      what: z.string().nullable(),
      message: z.string(),
      from: Timestamp.nullable(),
      to: Timestamp,
    }),
  ),
  seals: z.int(),
  rows: z.int(),
  purged: z.int(),
  redacted: z.int(),
  /** Keep it elsewhere: with it nobody can cut off the end unnoticed. */
  head: AuditHead.nullable(),
});
export type AuditVerdict = z.infer<typeof AuditVerdict>;

export const audit = {
  list: endpoint({
    id: "audit.list",
    method: "GET",
    path: "/audit",
    summary: "Who did what: records and events of runs, newest first.",
    scope: "read",
    query: AuditFilter.extend({ ...PageQuery.shape, id: Uuid.optional() }),
    answer: Page(AuditEntry),
  }),
  export: endpoint({
    id: "audit.export",
    method: "GET",
    path: "/audit/export",
    summary: "The same as a stream: lines of JSON, CSV, or OCSF and CEF for a SIEM. Exporting is recorded.",
    scope: "read",
    query: AuditFilter.extend({ format: AuditFormat.default("json") }),
    produces: ["application/x-ndjson", "text/csv", "text/plain"],
  }),
  verify: endpoint({
    id: "audit.verify",
    method: "GET",
    path: "/audit/verify",
    summary: "Compute all hashes and signatures anew, and say what isn't as it was sealed. Verifying is recorded.",
    scope: "read",
    query: z.object({
      scope: AuditScope,
      /** `n:hash` of a seal that was kept elsewhere. */
      head: z
        .string()
        .regex(/^\d{1,12}:[0-9a-f]{64}$/)
        .optional(),
    }),
    answer: AuditVerdict,
  }),
  head: endpoint({
    id: "audit.head",
    method: "GET",
    path: "/audit/head",
    summary: "The newest seal. Keep it elsewhere.",
    scope: "read",
    query: z.object({ scope: AuditScope }),
    answer: z.object({ head: AuditHead.nullable(), sealedAt: Timestamp.nullable() }),
  }),
} as const;
