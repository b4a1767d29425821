import { setTimeout as delay } from "node:timers/promises";
import type { Digest, ErrorData } from "@gantry/sdk";
import { api, type CommandAnswer } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { readOutcome, sendMessage, type Message } from "../store/inbox.ts";
import { inOrganization, type Queryable } from "../store/organization.ts";
import { foldRun } from "../store/run-history.ts";
import type { Caller } from "./caller.ts";
import type { ApiDeps } from "./deps.ts";
import {
  AlreadyApprovedError,
  ChangeSetStaleError,
  DryRunError,
  NotAnApproverError,
  NotFoundError,
  RequesterCannotApproveError,
} from "./errors.ts";
import { CommandRefusedError } from "./problem.ts";
import { missingRun } from "./run-access.ts";
import { route, type Call } from "./route.ts";

type CommandCall = Pick<Call<typeof api.runs.pause>, "params" | "caller" | "tx" | "id" | "reply">;

/** What people tell a run. The API only passes it on: the run's owner decides, and its verdict is the answer. */
export function runCommandRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { runs } = api;
  const send = (call: CommandCall, message: Message) => command(deps, call, message);

  route(app, deps, runs.approve, async (call) => {
    const hash = call.body.hash;
    await call.tx((db) => checkDecision(db, call.caller, call.params.run, hash, "approve"));
    return send(call, { kind: "approve", hash, reason: call.body.reason });
  });
  route(app, deps, runs.reject, async (call) => {
    const hash = call.body.hash;
    await call.tx((db) => checkDecision(db, call.caller, call.params.run, hash, "reject"));
    return send(call, { kind: "reject", hash, reason: call.body.reason });
  });
  route(app, deps, runs.pause, (call) => send(call, { kind: "pause", reason: call.body.reason }));
  route(app, deps, runs.resume, (call) => send(call, { kind: "resume" }));
  route(app, deps, runs.cancel, (call) => send(call, { kind: "cancel", ...call.body }));
  route(app, deps, runs.retry, (call) => send(call, { kind: "retry" }));
  route(app, deps, runs.undo, (call) => send(call, { kind: "undo", reason: call.body.reason, approved: false }));
  route(app, deps, runs.signal, (call) => send(call, { kind: "signal", ...call.body }));
  route(app, deps, runs.settle, (call) => send(call, { kind: "settle", ...call.body }));
}

/** Stores the command and waits a little for the owner's verdict; 202 when nobody took it meanwhile. */
export async function command(
  deps: ApiDeps,
  call: CommandCall,
  message: Message | ((db: Queryable) => Promise<Message>),
): Promise<CommandAnswer> {
  const { caller, id, params, reply } = call;
  await call.tx(async (db) => {
    const said = typeof message === "function" ? await message(db) : message;
    const sent = await sendMessage(db, { id, run: params.run, message: said, actor: caller.actor });
    if (!sent) throw await missingRun(db, params.run);
  });
  deps.wakeWorkers();
  const verdict = await waitForVerdict(deps, caller.org, id);
  if (verdict !== undefined && verdict !== null) throw new CommandRefusedError(verdict);
  if (verdict === undefined) reply.code(202);
  return { id, run: params.run, status: verdict === undefined ? "accepted" : "done" };
}

async function waitForVerdict(deps: ApiDeps, org: string, id: string): Promise<ErrorData | null | undefined> {
  const until = deps.now() + deps.config.verdictMs;
  for (let pause = 10; ; pause = Math.min(pause * 2, 250)) {
    const outcome = await inOrganization(deps.pool, org, (db) => readOutcome(db, id));
    if (outcome !== undefined) return outcome as ErrorData | null;
    if (deps.now() + pause > until) return undefined;
    await delay(pause);
  }
}

/**
 * What can be seen already is said at once; the owner checks all of it again when it takes the command, and the statement
 * that starts an attempt a third time.
 */
async function checkDecision(
  db: Queryable,
  caller: Caller,
  run: string,
  hash: Digest,
  decision: "approve" | "reject",
): Promise<void> {
  const folded = await foldRun(db, run);
  if (folded === null) throw new NotFoundError();
  const { gates, requester } = folded.state;
  if (folded.state.dryRun) throw new DryRunError(run);
  const gate = gates.get(hash);
  if (gate?.status !== "open") {
    const open = [...gates.values()].find((one) => one.status === "open")?.hash ?? null;
    throw new ChangeSetStaleError(hash, gate?.status ?? null, open);
  }
  if (decision === "approve" && requester.id === caller.actor.id) throw new RequesterCannotApproveError();
  const needed = gate.decision.approvals.map(({ group }) => group);
  if (decision === "approve" && gate.approvals.some(({ actor }) => actor.id === caller.actor.id)) {
    const missing = gate.decision.approvals
      .map(({ group, count }) => ({ group, left: count - gate.approvals.filter((one) => one.group === group).length }))
      .flatMap(({ group, left }) => (left > 0 ? [`${left} of ${group}`] : []));
    throw new AlreadyApprovedError(missing.join(", "));
  }
  const own = requester.id === caller.actor.id;
  if (!own && !needed.some((group) => caller.groups.includes(group)))
    throw new NotAnApproverError(needed, caller.groups);
}
