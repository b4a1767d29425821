import { canonicalJson, digestOf, type Digest } from "@gantry/sdk";
import { isApproved, type Gate, type GivenApproval, type MadeDecision, type RunState } from "@gantry/sdk/core";
import type { OwnedRun } from "./owned-run.ts";
import type { DecisionSigner } from "./ports.ts";

/**
 * A decision as a compact JWS (RFC 7515, RFC 8037) that anybody can check with the installation's published keys. Its type keeps it
 * from being taken for a token.
 */
export function signDecision(
  key: Awaited<ReturnType<DecisionSigner["current"]>>,
  { org, project }: Pick<OwnedRun["stored"], "org" | "project">,
  { state, gate, decision }: { state: RunState; gate: Gate; decision: MadeDecision },
): string {
  const header = { alg: "EdDSA", kid: key.kid, typ: recordType };
  const payload = canonicalJson(contentOf({ org, project, state, gate }, decision));
  const signed = `${base64(JSON.stringify(header))}.${base64(payload)}`;
  return `${signed}.${key.sign(Buffer.from(signed)).signature}`;
}

/**
 * Approved change sets (or those that were approved in part) that aren't what people approved, and why: an approval without a
 * signature of ours, of something or somebody else, or a change set or plan that doesn't have the hash that was signed. For a run
 * that comes out of the database: what this process decided itself it needn't be told again.
 */
export async function findForgeries(
  signer: DecisionSigner,
  { org, project }: Pick<OwnedRun["stored"], "org" | "project">,
  state: RunState,
): Promise<{ hash: Digest; reason: string }[]> {
  const found: { hash: Digest; reason: string }[] = [];
  for (const gate of state.gates.values()) {
    const isOpen = gate.status === "open" || gate.status === "approved";
    if (!isOpen || (gate.decision.result !== "require_approval" && gate.approvals.length === 0)) continue;
    const reason = whyChanged(state, gate) ?? (await whyForged(signer, { org, project, state, gate }));
    if (reason !== null) found.push({ hash: gate.hash, reason });
  }
  return found;
}

const recordType = "gantry-decision";

interface Subject {
  org: string;
  project: string;
  state: RunState;
  gate: Gate;
}

function contentOf({ org, project, state, gate }: Subject, made: MadeDecision): object {
  const { policies, result } = gate.decision;
  return {
    format: 1,
    organization: org,
    project,
    environment: gate.changeSet.environment,
    run: state.id,
    gate: gate.changeSet.gate,
    hash: gate.hash,
    decision: made.decision,
    actor: made.actor,
    person: made.person,
    group: made.group,
    onBehalfOf: made.onBehalfOf ?? null,
    at: new Date(made.at).toISOString(),
    reason: made.reason,
    proof: made.proof ?? null,
    policy: { result, policies },
  };
}

/** Null when change set and decision are those that the hash names; that the plan is, was seen when it was loaded. */
function whyChanged({ gates, planDigest }: RunState, { hash, changeSet, decision }: Gate): string | null {
  // The same change asked for again has a hash of its own.
  const rounds = Array.from({ length: gates.size }, (_, index) => index + 2);
  const fits = digestOf(changeSet) === hash || rounds.some((round) => digestOf({ ...changeSet, round }) === hash);
  if (!fits || canonicalJson(changeSet.decision) !== canonicalJson(decision))
    return "The change set isn't the one that was approved: its content doesn't have its hash.";
  return changeSet.planDigest === planDigest ? null : "The plan isn't the one that was approved.";
}

async function whyForged(signer: DecisionSigner, subject: Subject): Promise<string | null> {
  const { gate } = subject;
  if (gate.status === "approved" && !isApproved(gate)) return "It is called approved, but has too few approvals.";
  for (const approval of gate.approvals) {
    if (!(await isSigned(signer, subject, approval)))
      return `The approval of ${approval.actor.name} isn't signed by this installation, or not like this.`;
  }
  return null;
}

async function isSigned(signer: DecisionSigner, subject: Subject, given: GivenApproval): Promise<boolean> {
  const [header = "", payload = "", signature = "", ...more] = given.record?.split(".") ?? [];
  if (more.length > 0) return false;
  const { onBehalfOf, proof, ...rest } = given;
  const made: MadeDecision = {
    ...rest,
    decision: "approve",
    hash: subject.gate.hash,
    ...(onBehalfOf && { onBehalfOf }),
    ...(proof && { proof }),
  };
  if (payload !== base64(canonicalJson(contentOf(subject, made)))) return false;
  const kid = kidOf(header);
  return kid !== null && (await signer.verify(kid, Buffer.from(`${header}.${payload}`), signature, given.at));
}

function kidOf(header: string): string | null {
  try {
    const { alg, kid, typ } = JSON.parse(Buffer.from(header, "base64url").toString()) as Record<string, unknown>;
    return alg === "EdDSA" && typ === recordType && typeof kid === "string" ? kid : null;
  } catch {
    return null;
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64url");
}
