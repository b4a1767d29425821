import type { Digest, RunEvent } from "@gantry/sdk";
import { api, type DecisionRecord } from "@gantry/sdk/api";
import { checkApproval, isAParty, leftOf, type Decider, type Gate, type RunState } from "@gantry/sdk/core";
import type { FastifyInstance } from "fastify";
import { readApprovers } from "../../store/runs/approvers.ts";
import { consumeProof } from "../../store/runs/approval-proofs.ts";
import type { Queryable } from "../../store/organization.ts";
import { readDecisions } from "../../store/journal/run-history.ts";
import { findRun } from "../../store/runs/run-list.ts";
import { credentialOf, type Caller } from "../access/caller.ts";
import type { ApiDeps } from "../deps.ts";
import {
  AlreadyApprovedError,
  ChangeSetStaleError,
  ForbiddenError,
  NotAnApproverError,
  NotFoundError,
  ProofRefusedError,
  RequesterCannotApproveError,
  ScopeMissingError,
  UnauthorizedError,
} from "../errors.ts";
import { openHash, requireOpen, requireRun } from "../access/open-gate.ts";
import { CommandRefusedError } from "../http/problem.ts";
import { command } from "./run-commands.ts";
import { route } from "../http/route.ts";

/**
 * Approvals, rejections and what people say about a change set. What can be seen already is said at once; the run's owner checks all
 * of it again when it takes the command, and the statement that starts an attempt a third time.
 */
export function decisionRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { runs } = api;

  route(app, deps, runs.approve, (call) => {
    const { hash, reason, group, proof } = call.body;
    return command(deps, call, async (db) => {
      const asked = { run: call.params.run, hash, group, message: call.id };
      if (proof !== null) await useProof(db, call.caller, { ...asked, id: proof, decision: "approve" });
      await checkApprove(db, call.caller, asked, deps.now());
      return { kind: "approve", hash, reason, group };
    });
  });

  route(app, deps, runs.reject, (call) => {
    const { hash, reason, proof } = call.body;
    return command(deps, call, async (db) => {
      const asked = { run: call.params.run, hash, message: call.id };
      if (proof !== null) await useProof(db, call.caller, { ...asked, id: proof, decision: "reject" });
      await checkReject(db, call.caller, asked);
      return { kind: "reject", hash, reason };
    });
  });

  route(app, deps, runs.decisions, ({ params: { run }, tx }) =>
    tx(async (db) => {
      if ((await findRun(db, run)) === null) throw new NotFoundError();
      return { items: (await readDecisions(db, run)).map(decisionView) };
    }),
  );

  route(app, deps, runs.comment, async (call) => {
    const { scopes } = call.caller;
    if (!scopes.includes("run") && !scopes.includes("approve")) throw new ScopeMissingError("run", scopes);
    // Who may steer the run or decide about it has a say in it.
    const { project, environment } = await call.tx(async (db) => (await findRun(db, call.params.run)) ?? nowhere);
    await call.demand("runs.pause", { project, environment }).catch((error: unknown) => {
      if (!(error instanceof ForbiddenError)) throw error;
      return call.demand("runs.approve", { project, environment });
    });
    const { hash, text } = call.body;
    return command(deps, call, async (db) => {
      const { gates } = (await requireRun(db, call.params.run)).state;
      if (!gates.has(hash)) throw new ChangeSetStaleError(hash, null, openHash(gates));
      return { kind: "comment", hash, text };
    });
  });
}

const nowhere = { project: null, environment: null };

interface Asked {
  run: string;
  hash: Digest;
  /** The command to be. */
  message: string;
}

/** @throws NotFoundError, and whatever keeps the caller from approving it */
async function checkApprove(
  db: Queryable,
  caller: Caller,
  { run, hash, message, group }: Asked & { group: string | null },
  now: number,
): Promise<void> {
  const { state } = await requireRun(db, run);
  requireOpen(state, hash);
  const [approver] = await readApprovers(db, [{ run, hash, actor: caller.actor.id, decision: "approve", message }]);
  if (!approver) throw new UnauthorizedError();
  assertApproval(state, { ...approver, actor: caller.actor, hash, group }, now);
}

/** @throws whatever keeps somebody from approving a change set, but for a proof that is still missing. */
export function assertApprovable(state: RunState, who: Decider & { hash: Digest }, now: number): void {
  assertApproval(state, { ...who, needsProof: false, group: null }, now);
}

function assertApproval(state: RunState, who: Decider & { hash: Digest; group: string | null }, now: number): void {
  const gate = requireOpen(state, who.hash);
  const rights = checkApproval(state, who, now);
  if (!("code" in rights)) return;
  const left = leftOf(gate);
  switch (rights.code) {
    case "requester_cannot_approve":
      throw new RequesterCannotApproveError();
    case "already_approved":
      throw new AlreadyApprovedError(left.map((one) => `${one.left} of ${one.group}`).join(", "));
    case "not_in_group":
      throw notAnApprover(left, who);
    default:
      throw new CommandRefusedError(rights);
  }
}

/** Who asked for the change may take it back, who could approve it may refuse it. */
async function checkReject(db: Queryable, caller: Caller, { run, hash, message }: Asked): Promise<void> {
  const { state } = await requireRun(db, run);
  const gate = requireOpen(state, hash);
  const [approver] = await readApprovers(db, [{ run, hash, actor: caller.actor.id, decision: "reject", message }]);
  if (!approver) throw new UnauthorizedError();
  if (!mayReject(state, gate, { ...approver, actor: caller.actor }))
    throw notAnApprover(gate.decision.approvals, approver);
}

export function mayReject(state: RunState, { decision }: Gate, who: Decider): boolean {
  const may = [...who.groups, ...(who.delegations ?? []).map(({ group }) => group)];
  return isAParty(state, who) || decision.approvals.some(({ group }) => may.includes(group));
}

function notAnApprover(needed: readonly { group: string }[], { groups }: { groups: readonly string[] }): Error {
  return new NotAnApproverError(
    needed.map(({ group }) => group),
    groups,
  );
}

/** @throws ProofRefusedError when it is for something or somebody else, too old, not answered, or used. */
async function useProof(
  db: Queryable,
  caller: Caller,
  { id, run, hash, decision, message }: Asked & { id: string; decision: "approve" | "reject" },
): Promise<void> {
  const { actor, person } = caller;
  const credential = credentialOf(caller);
  const used = { id, run, hash, decision, actor: actor.id, person: person ?? actor.id, credential, message };
  if (!(await consumeProof(db, used))) throw new ProofRefusedError();
}

function decisionView({ actor, at, ...event }: RunEvent<"approval.recorded" | "change_set.rejected">): DecisionRecord {
  const { hash, reason, record = null } = event.data;
  const when = { actor, at: new Date(at).toISOString() };
  if (event.type === "change_set.rejected")
    return { ...when, hash, decision: "reject", group: null, onBehalfOf: null, proof: null, reason, record };
  const { group, onBehalfOf = null, proof = null } = event.data;
  return { ...when, hash, decision: "approve", group, onBehalfOf, proof, reason, record };
}
