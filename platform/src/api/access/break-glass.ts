import { api, type BreakGlassView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { breakGlassNotice } from "../../notifications/index.ts";
import {
  endBreakGlass,
  findBreakGlass,
  isSameHuman,
  listBreakGlass,
  openBreakGlass,
  reviewBreakGlass,
  type BreakGlassRow,
} from "../../store/access/break-glass.ts";
import { approvalsNeedProof } from "../../store/runs/approval-settings.ts";
import { insertDeliveries } from "../../store/organization/deliveries.ts";
import type { Queryable } from "../../store/organization.ts";
import { listSubscriptions } from "../../store/organization/subscriptions.ts";
import type { Caller } from "./caller.ts";
import { readCursor, signCursor } from "../http/cursor.ts";
import type { ApiDeps } from "../deps.ts";
import { BreakGlassRefusedError, MfaRequiredError, NotFoundError, SecondFactorRefusedError } from "../errors.ts";
import { placeOf } from "../http/place.ts";
import { route } from "../http/route.ts";

/** A sign-in with a second factor counts so long; after that a code is asked for. */
const recentMs = 5 * 60_000;

/** Roles that people take in an emergency: for a short time, with a reason, and so that nobody can miss it. */
export function breakGlassRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const { open, list, end, review } = api.breakGlass;

  route(app, deps, open, async ({ body, caller, tx, id }) => {
    const { role, minutes, reason, totp } = body;
    const { org, actor } = caller;
    if (actor.kind !== "user") throw new BreakGlassRefusedError("only a person can, signed in or with a key of theirs");
    const place = await tx(async (db) => {
      const { project, environment } = await placeOf(db, org, body, "body");
      if (project === null) throw new NotFoundError();
      return { project, environment, needsProof: await approvalsNeedProof(db, { org, project, environment }) };
    });
    const { needsProof, ...at } = place;
    // Not in a transaction: it is asked of another part of the database, and counts tries for itself.
    const proof = await proofOf(deps, caller, totp, needsProof);
    return tx(async (db) => {
      await openBreakGlass(db, { org, id, actor: actor.id, role, ...at, reason, proof, minutes });
      return told(db, caller, "opened", await require(db, org, id));
    });
  });

  route(app, deps, list, async ({ query, caller, tx }) => {
    const { cursor, limit, open: wanted } = query;
    const belongsTo = ["break-glass", caller.org, wanted ?? null];
    const before = cursor === undefined ? null : (readCursor(deps.keyring, belongsTo, cursor) as never);
    const filter = { open: wanted === undefined ? null : wanted === "true", before, limit: limit + 1 };
    const found = await tx((db) => listBreakGlass(db, caller.org, filter));
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    const next = last === undefined ? null : signCursor(deps.keyring, belongsTo, { at: last.at, id: last.id });
    return { items: page.map(view), next };
  });

  route(app, deps, end, ({ params, caller, tx }) =>
    tx(async (db) => {
      const { org, actor } = caller;
      const ended = await endBreakGlass(db, org, params.breakGlass, actor.id);
      const row = await require(db, org, params.breakGlass);
      // Whoever is second is told the same: it is over.
      return ended ? told(db, caller, "ended", row) : view(row);
    }),
  );

  route(app, deps, review, ({ params, body, caller, tx }) =>
    tx(async (db) => {
      const { org, actor } = caller;
      const id = params.breakGlass;
      const done = await reviewBreakGlass(db, { org, id, by: actor.id, comment: body.comment });
      const row = await require(db, org, id);
      if (done) return told(db, caller, "reviewed", row);
      if (await isSameHuman(db, row.actor.id, actor.id))
        throw new BreakGlassRefusedError("who opened it can't review it; ask somebody else");
      throw new BreakGlassRefusedError(row.open ? "it is still open; end it first" : "it was reviewed already");
    }),
  );

  async function told(
    db: Queryable,
    caller: Caller,
    what: "opened" | "ended" | "reviewed",
    row: BreakGlassRow,
  ): Promise<BreakGlassView> {
    const notice = breakGlassNotice(what, { ...row, project: row.projectName }, caller.actor.name, deps.now());
    const takers = (await listSubscriptions(db, caller.org)).filter(
      ({ kinds, project, environment }) =>
        (kinds.includes("*") || kinds.includes(notice.kind)) &&
        (project === null || project === row.project) &&
        (environment === null || row.environment === null || environment === row.environment),
    );
    const seq = { opened: 1, ended: 2, reviewed: 3 }[what];
    const each = { run: row.id, seq, kind: notice.kind, notice, delayMs: 0 };
    const deliveries = takers.map((taker) => ({ ...each, id: deps.newId(), subscription: taker.id }));
    await insertDeliveries(db, caller.org, deliveries);
    return view(row);
  }
}

/** @throws SecondFactorRefusedError for a code that isn't good, MfaRequiredError where one is needed and none was given */
async function proofOf(
  deps: ApiDeps,
  { person, credential: { mfaAt } }: Caller,
  totp: string | undefined,
  needed: boolean,
): Promise<"totp" | "session" | null> {
  if (totp !== undefined) {
    if (person === null || !(await deps.signIn.verifySecondFactor(person, { totp })))
      throw new SecondFactorRefusedError();
    return "totp";
  }
  if (mfaAt !== null && deps.now() - mfaAt < recentMs) return "session";
  const has = person === null ? null : await deps.signIn.secondFactorsOf(person);
  if (needed || has?.totp === true || (has?.passkeys ?? 0) > 0) throw new MfaRequiredError();
  return null;
}

async function require(db: Queryable, org: string, id: string): Promise<BreakGlassRow> {
  const row = await findBreakGlass(db, org, id);
  if (row === null) throw new NotFoundError();
  return row;
}

function view(row: BreakGlassRow): BreakGlassView {
  const { id, actor, role, projectName, environment, reason, proof, open, endedAt, endedBy } = row;
  const { reviewedAt, reviewedBy, review } = row;
  return {
    id,
    actor,
    role,
    project: projectName,
    environment,
    reason,
    proof,
    openedAt: row.openedAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    ended: endedAt === null ? null : { at: endedAt.toISOString(), by: endedBy },
    review:
      reviewedAt === null || reviewedBy === null || review === null
        ? null
        : { at: reviewedAt.toISOString(), by: reviewedBy, comment: review },
    open,
  };
}
