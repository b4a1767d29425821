import { api, type StateVersionView, type StateView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import type { Queryable } from "../../store/organization.ts";
import {
  findState,
  listStates,
  listVersions,
  readSealed,
  removeLock,
  takeState,
  type StateListRow,
  type StatePlace,
  type StateRow,
  type StateVersionRow,
} from "../../store/records/terraform-states.ts";
import { findProjectByIdOrName } from "../../store/organization/environments.ts";
import type { ApiDeps } from "../deps.ts";
import { NotFoundError, StateLockedError, StateVersionUnknownError } from "../errors.ts";
import { openVersion, parseState, storeVersion } from "./state-content.ts";
import { route } from "../http/route.ts";

/** Looking after Terraform states: who holds them, their versions, bringing one back, taking a lock away. */
export function stateRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.states.list, async ({ caller, tx }) => ({
    items: (await tx((db) => listStates(db, caller.org))).map(stateView),
    next: null,
  }));

  route(app, deps, api.states.versions, ({ params, caller, tx }) =>
    tx(async (db) => {
      const { state } = await requireState(db, caller.org, params);
      return { items: (await listVersions(db, caller.org, state.id)).map(versionView), next: null };
    }),
  );

  route(app, deps, api.states.restore, ({ params, body, caller, tx }) =>
    tx(async (db) => {
      const { place, state: seen } = await requireState(db, caller.org, params);
      const state = await takeState(db, place, seen.id);
      if (state.lock !== null) throw new StateLockedError(state.lock);
      const sealed = await readSealed(db, caller.org, state.id, body.version);
      if (sealed === null) throw new StateVersionUnknownError(body.version);
      const old = await openVersion(deps, { org: caller.org, state: state.id, version: body.version }, sealed);
      const serials = (await listVersions(db, caller.org, state.id)).map(({ serial }) => serial ?? 0);
      const version = await storeVersion(deps, db, {
        org: caller.org,
        state: state.id,
        version: state.version + 1,
        content: withSerial(old, Math.max(...serials) + 1),
        actor: caller.actor.name,
        run: null,
        lockId: null,
        restoredFrom: body.version,
        reason: body.reason,
      });
      return versionView(version);
    }),
  );

  route(app, deps, api.states.unlock, ({ params, body, caller, tx }) =>
    tx(async (db) => {
      const { place, state: seen } = await requireState(db, caller.org, params);
      const state = await takeState(db, place, seen.id);
      // Naming the lock keeps a slow click from taking away the next holder's.
      if (state.lock === null || state.lockId !== body.lock) throw new NotFoundError("No such lock");
      const forced = { by: caller.actor.name, reason: body.reason };
      await removeLock(db, { org: caller.org, state: state.id, lockId: body.lock }, forced);
      deps.log.warn(
        { org: caller.org, state: params.name, lock: body.lock, by: caller.actor.id },
        "A state's lock was taken away",
      );
      const row = (await listStates(db, caller.org, state.id))[0];
      if (row === undefined) throw new NotFoundError();
      return stateView(row);
    }),
  );
}

async function requireState(
  db: Queryable,
  org: string,
  at: { project: string; environment: string; name: string },
): Promise<{ place: StatePlace; state: StateRow }> {
  const project = await findProjectByIdOrName(db, org, at.project);
  const place = { ...at, org, project: project ?? "" };
  const state = project === null ? null : await findState(db, place);
  if (state === null) throw new NotFoundError();
  return { place, state };
}

/** Terraform refuses plans made of a state with another serial, which is what should happen to those made before. */
function withSerial(content: Buffer, serial: number): Buffer {
  if (parseState(content) === null) return content;
  const state = JSON.parse(content.toString("utf8")) as Record<string, unknown>;
  return Buffer.from(JSON.stringify({ ...state, serial }, null, 2));
}

function stateView(row: StateListRow): StateView {
  const {
    project,
    environment,
    name,
    version,
    serial,
    lineage,
    bytes,
    updatedAt,
    lock,
    lockedAt,
    lockRun,
    lockAttempt,
  } = row;
  return {
    project,
    environment,
    name,
    version,
    serial,
    lineage,
    bytes,
    updatedAt: updatedAt.toISOString(),
    lock:
      lock === null || lockedAt === null
        ? null
        : { info: lock, since: lockedAt.toISOString(), run: lockRun, attempt: lockAttempt },
  };
}

function versionView({ createdAt, ...version }: StateVersionRow): StateVersionView {
  return { ...version, createdAt: createdAt.toISOString() };
}
