import { createHash } from "node:crypto";
import { platformActor, type JsonObject } from "@gantry/sdk";
import { apiPrefix, LockInfo, StateParams } from "@gantry/sdk/api";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { ClientBase } from "pg";
import { z } from "zod";
import { verifyStateToken, type StateGrant } from "../../secrets/index.ts";
import { commitAudited, type AuditRecord } from "../../store/records/audit-records.ts";
import { findEnvironment, findProjectByIdOrName } from "../../store/organization/environments.ts";
import { inOrganization, type Queryable } from "../../store/organization.ts";
import {
  findState,
  insertLock,
  isFenced,
  readSealed,
  removeLock,
  takeState,
  wasLockedBy,
  type StatePlace,
  type StateRow,
} from "../../store/records/terraform-states.ts";
import { sourceOf } from "../http/audit-call.ts";
import type { ApiDeps } from "../deps.ts";
import { InvalidRequestError, NotFoundError, StateFencedError, UnauthorizedError } from "../errors.ts";
import { parsePart } from "../http/parse.ts";
import { openVersion, storeVersion } from "./state-content.ts";

const stateLimitBytes = 64 * 1024 * 1024;
const Query = z.object({ ID: z.string().min(1).max(200).optional() });

interface StateCall {
  grant: StateGrant;
  place: StatePlace;
  /** The lock under which the client writes. */
  lockId: string | null;
  body: Buffer;
  /** Of the body, as Terraform computed it. */
  md5: string | undefined;
}

interface StateAnswer {
  status: number;
  body: Buffer | string;
}
const done: StateAnswer = { status: 200, body: "" };

/**
 * Terraform's HTTP backend (developer.hashicorp.com/terraform/language/backend/http): GET, POST and DELETE of the state,
 * LOCK and UNLOCK with Terraform's own lock information. A lock that is held is answered with its holder: 423 to
 * LOCK, 409 to a write under another lock.
 */
export function terraformStateRoutes(app: FastifyInstance, deps: ApiDeps): void {
  void app.register(async (scope) => {
    scope.addHttpMethod("LOCK", { hasBody: true });
    scope.addHttpMethod("UNLOCK", { hasBody: true });
    // Whatever type it says it is: the bytes are what counts.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: stateLimitBytes }, (_request, body, done) =>
      done(null, body),
    );
    const on = (method: string, handler: (db: ClientBase, call: StateCall) => Promise<StateAnswer>) =>
      scope.route({
        method,
        url: `${apiPrefix}/state/:project/:environment/:name`,
        config: { access: "state-token" },
        bodyLimit: stateLimitBytes,
        // Before the body is read, like every other refusal.
        onRequest: async (request) => void grantOf(deps, request),
        handler: async (request, reply) => {
          const grant = grantOf(deps, request);
          await deps.keys.prepare(grant.org);
          const answer = await inOrganization(
            deps.pool,
            grant.org,
            async (db) => handler(db, await callOf(db, grant, request)),
            method === "GET" ? undefined : (client) => commitAudited(client, recordOf(deps, grant, request)),
          );
          // Only now, after the commit: what is answered must be true for whoever asks next.
          return reply.code(answer.status).type("application/json").send(answer.body);
        },
      });
    on("GET", async (db, call) => {
      const state = await findState(db, call.place);
      const sealed = state === null ? null : await readSealed(db, call.place.org, state.id, state.version);
      if (state === null || sealed === null) throw new NotFoundError("No state");
      const content = await openVersion(deps, { org: call.place.org, state: state.id, version: state.version }, sealed);
      return { status: 200, body: content };
    });
    on("POST", (db, call) => write(deps, db, call, call.body));
    on("DELETE", (db, call) => write(deps, db, call, null));
    on("LOCK", (db, call) => lock(deps, db, call));
    on("UNLOCK", (db, call) => unlock(deps, db, call));
  });
}

/** @throws UnauthorizedError unless the password is a token for exactly this state. */
function grantOf(deps: ApiDeps, request: FastifyRequest): StateGrant {
  const basic = /^basic +([A-Za-z0-9+/=]+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
  const password = Buffer.from(basic, "base64").toString("utf8").split(":").slice(1).join(":");
  const grant = verifyStateToken(deps.keyring, password, deps.now());
  const { project, environment, name } = request.params as Record<string, string>;
  const fits = grant?.project === project && grant?.environment === environment && grant?.name === name;
  if (grant === null || !fits) throw new UnauthorizedError();
  return grant;
}

/** Each write of a state, and each lock: in the name of the run that the token was made for. */
function recordOf(deps: ApiDeps, { org, actor, run, attempt }: StateGrant, request: FastifyRequest): AuditRecord {
  const verbs: Readonly<Record<string, string>> = { POST: "write", DELETE: "delete", LOCK: "lock", UNLOCK: "unlock" };
  return {
    id: deps.newId(),
    org,
    actor: platformActor,
    onBehalfOf: { kind: "requester", id: actor, name: actor },
    action: `states.${verbs[request.method] ?? "change"}`,
    target: { ...(request.params as JsonObject), run, attempt },
    source: sourceOf(request, { kind: "state-token" }),
    requestId: request.id,
  };
}

async function callOf(db: Queryable, grant: StateGrant, request: FastifyRequest): Promise<StateCall> {
  const { environment, name } = parsePart(StateParams, request.params, "path") as z.infer<typeof StateParams>;
  const project = await findProjectByIdOrName(db, grant.org, grant.project);
  if (project === null || (await findEnvironment(db, grant.org, project, environment)) === null) {
    throw new NotFoundError("No such project or environment");
  }
  const query = parsePart(Query, request.query, "query") as z.infer<typeof Query>;
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const md5 = request.headers["content-md5"];
  const place = { org: grant.org, project, environment, name };
  return { grant, place, lockId: query.ID ?? null, body, md5: typeof md5 === "string" ? md5 : undefined };
}

async function write(deps: ApiDeps, db: Queryable, call: StateCall, content: Buffer | null): Promise<StateAnswer> {
  const { grant, place, lockId } = call;
  checkDigest(call.md5, call.body);
  const state = await takeState(db, place, deps.newId());
  const held = state.lock !== null && state.lockId !== lockId;
  if (held || (lockId !== null && state.lock === null)) {
    // Its lock was taken away, but what it has built exists: refusing this write would lose track of it. Both versions
    // are kept, so nothing that the present holder does is lost either.
    const was = lockId !== null && (await wasLockedBy(db, place.org, state.id, lockId));
    if (!was) return holderAnswer(state, 409);
    deps.log.warn(
      { org: place.org, state: place.name, lock: lockId, holder: state.lockId, run: grant.run },
      "A state was written by a former holder of its lock",
    );
  }
  await storeVersion(deps, db, {
    org: place.org,
    state: state.id,
    version: state.version + 1,
    content,
    actor: grant.actor,
    run: grant.run,
    lockId,
    restoredFrom: null,
    reason: null,
  });
  return done;
}

async function lock(deps: ApiDeps, db: Queryable, call: StateCall): Promise<StateAnswer> {
  const info = lockInfoOf(call.body);
  const { grant, place } = call;
  const state = await takeState(db, place, deps.newId());
  // The answer to the first try may have been lost, so asking again for the same lock is fine.
  if (state.lock !== null && state.lockId !== info.ID) return holderAnswer(state, 423);
  // Whoever took the run over may have found that nothing was done: that has to stay true.
  if (await isFenced(db, place.org, grant.run, grant.fence)) throw new StateFencedError(grant.run);
  await insertLock(db, {
    org: place.org,
    state: state.id,
    // Terraform leaves it empty, and shows it to whoever finds the state locked.
    info: { ...info, Info: `run ${grant.run}, attempt ${grant.attempt}` },
    run: grant.run,
    attempt: grant.attempt,
    actor: grant.actor,
  });
  return done;
}

async function unlock(deps: ApiDeps, db: Queryable, call: StateCall): Promise<StateAnswer> {
  const { ID } = lockInfoOf(call.body);
  const { place } = call;
  const state = await takeState(db, place, deps.newId());
  if (state.lock !== null && state.lockId !== ID) return holderAnswer(state, 409);
  if (state.lockId !== null) await removeLock(db, { org: place.org, state: state.id, lockId: state.lockId }, null);
  return done;
}

/** Terraform shows whoever is named in the body. */
function holderAnswer(state: StateRow, status: 409 | 423): StateAnswer {
  const nobody = {
    ID: "",
    Operation: "",
    Info: "The lock was released; run it again.",
    Who: "nobody",
    Version: "",
    Created: "",
    Path: "",
  };
  return { status, body: JSON.stringify(state.lock ?? nobody) };
}

function lockInfoOf(body: Buffer): LockInfo {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString("utf8"));
  } catch {
    throw new InvalidRequestError([{ path: "", message: "the body must be Terraform's lock information as JSON" }]);
  }
  return parsePart(LockInfo, parsed, "") as LockInfo;
}

/** Terraform sends an MD5 of the state with it; a body that lost something on the way must not become a version. */
function checkDigest(md5: string | undefined, body: Buffer): void {
  if (md5 === undefined || createHash("md5").update(body).digest("base64") === md5) return;
  throw new InvalidRequestError([
    { path: "Content-MD5", message: "doesn't fit the body, which was damaged on the way" },
  ]);
}
