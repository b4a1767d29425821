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

/** A second factor for one decision on one change set: given, or asked of a passkey. */
export const ProofView = z.object({
  id: Uuid,
  hash: Digest,
  decision: z.enum(["approve", "reject"]),
  method: z.enum(["totp", "passkey"]),
  /** Whether it can be used by its decision. */
  proved: z.boolean(),
  /** Until when it can be answered, or used. */
  expiresAt: Timestamp,
});
export type ProofView = z.infer<typeof ProofView>;

/** What `navigator.credentials.get` is called with; binary as base64url. */
export const PasskeyQuestion = z.object({
  challenge: z.string(),
  rpId: z.string(),
  allowCredentials: z.array(z.object({ type: z.literal("public-key"), id: z.string() })),
  userVerification: z.literal("required"),
});
export type PasskeyQuestion = z.infer<typeof PasskeyQuestion>;

const base64url = z
  .string()
  .regex(/^[\w-]+$/)
  .max(4_000);

/** What an authenticator answers (WebAuthn, `AuthenticationResponseJSON`); binary as base64url. */
export const PasskeyAnswer = z.object({
  id: base64url,
  rawId: base64url,
  type: z.literal("public-key"),
  clientExtensionResults: z.object({}).default({}),
  response: z.object({
    authenticatorData: base64url,
    clientDataJSON: base64url,
    signature: base64url,
    userHandle: base64url.optional(),
  }),
});
export type PasskeyAnswer = z.infer<typeof PasskeyAnswer>;

const OneProof = RunParams.extend({ proof: Uuid });
const asked = { hash: Digest, decision: z.enum(["approve", "reject"]).default("approve") };

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
      ...asked,
      /** Six digits of one's authenticator app. */
      totp: Text(10),
    }),
    answer: z.object({ id: Uuid, expiresAt: Timestamp }),
    status: 201,
  }),
  challenge: endpoint({
    id: "runs.challenge",
    method: "POST",
    path: "/runs/:run/proofs/challenges",
    summary:
      "Ask a passkey for that instead. The challenge follows from the change set's hash; the person answers it within five minutes on the page that the link leads to, in any browser of theirs.",
    scope: "approve",
    resource: { kind: "run", param: "run" },
    params: RunParams,
    body: z.object(asked),
    answer: ProofView.extend({ link: z.string() }),
    status: 201,
  }),
  proof: endpoint({
    id: "runs.proof",
    method: "GET",
    path: "/runs/:run/proofs/:proof",
    summary: "A proof of the caller's own, and for one that waits for a passkey what to ask it.",
    scope: "approve",
    resource: { kind: "run", param: "run" },
    params: OneProof,
    answer: ProofView.extend({ question: PasskeyQuestion.nullable() }),
  }),
  answerProof: endpoint({
    id: "runs.answerProof",
    method: "POST",
    path: "/runs/:run/proofs/:proof/answer",
    summary:
      "Answer it with one of the person's passkeys, from whichever session of theirs. The proof is usable for two minutes.",
    scope: "approve",
    resource: { kind: "run", param: "run" },
    params: OneProof,
    body: z.object({ assertion: PasskeyAnswer }),
    answer: ProofView,
  }),
} as const;
