import { z } from "zod";
import { Page, Reason, Text, Timestamp, Uuid } from "./common.ts";
import { endpoint } from "./endpoint.ts";

/** What was erased with a person. It names nobody. */
export const PersonReceipt = z.object({
  id: Uuid,
  /** Null: the whole person, wherever they were. */
  organization: Uuid.nullable(),
  /** What stands now where their name did. */
  pseudonym: z.string(),
  state: z.enum(["erasing", "erased"]),
  askedBy: z.object({ kind: z.string(), id: z.string() }),
  startedAt: Timestamp,
  erasedAt: Timestamp.nullable(),
  counts: z.record(z.string(), z.int()),
  /** What had to stay, counted; why stands in the document. */
  kept: z.record(z.string(), z.int()),
  /** To the letter as it was signed; null while it goes on. */
  document: z.string().nullable(),
  /** Ed25519 over the document's bytes, base64url, by a key of /.well-known/jwks.json. */
  signature: z.object({ kid: z.string(), signature: z.string() }).nullable(),
});
export type PersonReceipt = z.infer<typeof PersonReceipt>;

const begun = z.object({ erasure: Uuid, pseudonym: z.string(), receipt: z.string() });
const ndjson = ["application/x-ndjson"] as const;
/** What is to be erased, typed: a name or an e-mail address. */
const confirm = Text(320);

export const people = {
  exportMine: endpoint({
    id: "people.exportMine",
    method: "GET",
    path: "/me/export",
    summary:
      "Everything that is stored about the caller, a line of JSON each: profile, sessions, roles, keys, runs, what they said, audit.",
    scope: "read",
    resource: { kind: "self" },
    produces: ndjson,
  }),
  eraseMe: endpoint({
    id: "people.eraseMe",
    method: "POST",
    path: "/me/erasure",
    summary:
      "Erase the caller, wherever they are: sign-in, names, addresses, what they wrote. Only by their own session.",
    scope: "read",
    resource: { kind: "self" },
    body: z.object({ confirm }).strict(),
    answer: begun,
    status: 202,
  }),
  exportActor: endpoint({
    id: "people.exportActor",
    method: "GET",
    path: "/actors/:actor/export",
    summary: "Everything that this organization stores about one of its people, a line of JSON each.",
    scope: "admin",
    params: z.object({ actor: Uuid }),
    produces: ndjson,
  }),
  eraseActor: endpoint({
    id: "people.eraseActor",
    method: "POST",
    path: "/actors/:actor/erasure",
    summary:
      "Erase a person from this organization: membership, names, addresses, what they wrote. Their sign-in stays theirs.",
    scope: "admin",
    params: z.object({ actor: Uuid }),
    body: z.object({ confirm, reason: Reason }).strict(),
    answer: begun,
    status: 202,
  }),
  exportPerson: endpoint({
    id: "people.exportPerson",
    method: "GET",
    path: "/people/:person/export",
    summary: "Everything that the installation stores about a person.",
    scope: "admin:everywhere",
    params: z.object({ person: Uuid }),
    produces: ndjson,
  }),
  erasePerson: endpoint({
    id: "people.erasePerson",
    method: "POST",
    path: "/people/:person/erasure",
    summary: "Erase a person from the installation.",
    scope: "admin:everywhere",
    params: z.object({ person: Uuid }),
    body: z.object({ confirm, reason: Reason }).strict(),
    answer: begun,
    status: 202,
  }),
} as const;

export const personErasures = {
  list: endpoint({
    id: "personErasures.list",
    method: "GET",
    path: "/person-erasures",
    summary: "Receipts of people who were erased from this organization; of all with the scope admin:everywhere.",
    scope: "admin",
    answer: Page(PersonReceipt),
  }),
  get: endpoint({
    id: "personErasures.get",
    method: "GET",
    path: "/person-erasures/:receipt",
    summary: "What was erased with a person, by the token that the erasure answered with.",
    scope: "public",
    params: z.object({ receipt: z.string().regex(/^[\w-]{32}$/) }),
    answer: PersonReceipt,
  }),
} as const;
