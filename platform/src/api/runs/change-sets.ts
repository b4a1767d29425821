import { GantryError, type Digest } from "@gantry/sdk";
import { api, type ChangeSetView, type RunApproval } from "@gantry/sdk/api";
import { leftOf } from "@gantry/sdk/core";
import type { FastifyInstance } from "fastify";
import { compareChangeSets } from "../../domain/compare-change-sets.ts";
import { readApprovers } from "../../store/runs/approvers.ts";
import type { Queryable } from "../../store/organization.ts";
import { foldRun, type FoldedRun } from "../../store/journal/run-history.ts";
import { findRun } from "../../store/runs/run-list.ts";
import { assertApprovable, mayReject } from "./decisions.ts";
import type { ApiDeps } from "../deps.ts";
import { ChangeSetStaleError, NotFoundError, ScopeMissingError, UnauthorizedError } from "../errors.ts";
import { openHash } from "../access/open-gate.ts";
import { route, type Call } from "../http/route.ts";
import { missingRun } from "./run-access.ts";
import { changeSetViews } from "./run-view.ts";

/** What an approver asks besides the change set itself: what changed since they looked, and what they can do about it. */
export function changeSetRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.runs.compareChangeSets, async ({ params, query, tx }) => {
    const folded = await tx((db) => requireFolded(db, params.run));
    const views = changeSetViews(folded);
    const find = (hash: Digest): ChangeSetView => {
      const found = views.find((one) => one.hash === hash);
      if (found === undefined) throw new ChangeSetStaleError(hash, null, openHash(folded.state.gates));
      return found;
    };
    const from = find(query.from);
    const to = query.to === undefined ? (views.at(-1) ?? from) : find(query.to);
    return {
      from: sideOf(from),
      to: sideOf(to),
      same: from.hash === to.hash,
      ...compareChangeSets(from.changeSet, to.changeSet),
    };
  });

  route(app, deps, api.runs.approval, async (call) => {
    const { params, caller, tx } = call;
    const { folded, place, approver } = await tx(async (db) => {
      const folded = await requireFolded(db, params.run);
      const { hash } = newestOf(folded);
      const asked = { run: params.run, hash, actor: caller.actor.id, decision: "approve" as const, message: null };
      const [approver = null] = await readApprovers(db, [asked]);
      return { folded, approver, place: await findRun(db, params.run) };
    });
    const { hash, status, expiresAt } = newestOf(folded);
    const gate = folded.state.gates.get(hash);
    if (approver === null) throw new UnauthorizedError();
    if (gate === undefined || place === null) throw new NotFoundError();
    const decides = { ...approver, actor: caller.actor };
    const unscoped = await refusalOf(() => demandDecision(call, place));
    const refused = await refusalOf(() => assertApprovable(folded.state, { ...decides, hash }, deps.now()));
    const factors = caller.person === null ? none : await deps.signIn.secondFactorsOf(caller.person);
    return {
      run: params.run,
      hash,
      status,
      expiresAt,
      needed: gate.decision.approvals.map((one) => ({ ...one, left: 0, ...leftIn(leftOf(gate), one.group) })),
      refusal: unscoped ?? refused,
      mayReject: unscoped === null && status === "open" && mayReject(folded.state, gate, decides),
      needsProof: approver.needsProof === true,
      factors,
    };
  });
}

const none = { totp: false, passkeys: 0 };

/** @throws NotFoundError, RunArchivedError */
async function requireFolded(db: Queryable, run: string): Promise<FoldedRun> {
  const folded = await foldRun(db, run);
  if (folded === null) throw await missingRun(db, run);
  return folded;
}

/** @throws NotFoundError */
function newestOf(folded: FoldedRun): ChangeSetView {
  const newest = changeSetViews(folded).at(-1);
  if (newest === undefined) throw new NotFoundError();
  return newest;
}

function sideOf({ hash, status, createdAt, ended }: ChangeSetView) {
  return { hash, status, createdAt, ended };
}

/** @throws ScopeMissingError, ForbiddenError, as deciding would. */
async function demandDecision(
  { caller, demand }: Pick<Call<typeof api.runs.approval>, "caller" | "demand">,
  { project, environment }: { project: string; environment: string },
): Promise<void> {
  if (!caller.scopes.includes("approve")) throw new ScopeMissingError("approve", caller.scopes);
  await demand("runs.approve", { project, environment });
}

async function refusalOf(check: () => void | Promise<void>): Promise<RunApproval["refusal"]> {
  try {
    await check();
    return null;
  } catch (error) {
    if (!(error instanceof GantryError) || error.fault !== "user") throw error;
    return { code: error.code, message: error.message };
  }
}

function leftIn(left: readonly { group: string; left: number }[], group: string): { left?: number } {
  const found = left.find((one) => one.group === group);
  return found === undefined ? {} : { left: found.left };
}
