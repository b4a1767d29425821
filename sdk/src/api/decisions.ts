import { z } from "zod";
import { Actor, OnBehalfOf, Proof } from "../events.ts";
import { Digest } from "../json.ts";
import { Text, Timestamp, Uuid } from "./common.ts";
import { endpoint } from "./endpoint.ts";
import { RunParams } from "./runs.ts";

/** Who decided what about a change set, and the same as a signed record. */
export const DecisionRecord = z.object({
  hash: Digest,
  decision: z.enum(["approve", "reject"]),
  actor: Actor,
  group: z.string().nullable(),
  onBehalfOf: OnBehalfOf.nullable(),
  proof: Proof.nullable(),
  reason: z.string().nullable(),
  at: Timestamp,
  /** A compact JWS (EdDSA) by a key of `/.well-known/jwks.json`; null where it was decided before decisions were signed. */
  record: z.string().nullable(),
});
export type DecisionRecord = z.infer<typeof DecisionRecord>;

export const decisions = {
  /** Oldest first. */
  decisions: endpoint({
    id: "runs.decisions",
    method: "GET",
    path: "/runs/:run/decisions",
    summary: "What people decided about the run's change sets, as signed records.",
    scope: "read",
    resource: { kind: "run", param: "run" },
    params: RunParams,
    answer: z.object({ items: z.array(DecisionRecord) }),
  }),
  prove: endpoint({
    id: "runs.prove",
    method: "POST",
    path: "/runs/:run/proofs",
    summary:
      "Give a second factor for one decision on one change set. The proof is used up by that decision, within two minutes.",
    scope: "approve",
    resource: { kind: "run", param: "run" },
    params: RunParams,
    body: z.object({
      hash: Digest,
      decision: z.enum(["approve", "reject"]).default("approve"),
      /** Six digits of one's authenticator app. */
      totp: Text(10),
    }),
    answer: z.object({ id: Uuid, expiresAt: Timestamp }),
    status: 201,
  }),
} as const;
