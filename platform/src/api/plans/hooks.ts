import { createHash, randomBytes } from "node:crypto";
import type { Json } from "@gantry/sdk";
import type { HookAnswer } from "@gantry/sdk/api";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { openSecretVersion, type OrganizationKeys } from "../../secrets/index.ts";
import { QueueFullError } from "../../store/journal/create-run.ts";
import { findHook, type Hook } from "../../store/plans/hooks.ts";
import { inOrganization } from "../../store/organization.ts";
import { countRecent, countRefusals } from "../../store/plans/trigger-occurrences.ts";
import { databaseTime, findTrigger } from "../../store/plans/triggers.ts";
import {
  carriesSignature,
  commit,
  createRefusalCounter,
  prepare,
  verifyDelivery,
  type RefusalCounter,
} from "../../triggers/index.ts";
import type { ApiDeps } from "../deps.ts";
import { BodyInvalidError, HookRefusedError, RateLimitedError } from "../errors.ts";
import { assertShallow } from "../http/parse.ts";

const bodyLimitBytes = 512 * 1024;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Where webhooks come in. Nothing of a request is believed, or even parsed, before its signature is found right, and a
 * wrong one is answered alike whether there is such a trigger or not.
 */
export function hookRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const refusals = createRefusalCounter({
    write: (one) => inOrganization(deps.pool, one.org, (db) => countRefusals(db, one)),
    now: deps.now,
    newId: deps.newId,
    everyMs: 1_000,
    log: deps.log,
  });
  app.addHook("onClose", () => refusals.flush());
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: bodyLimitBytes }, (_request, body, done) =>
      done(null, body),
    );
    scope.route({
      method: "POST",
      url: "/hooks/:hook",
      config: { access: "hook" },
      bodyLimit: bodyLimitBytes,
      onRequest: async ({ headers }) => {
        if (!carriesSignature(headers)) throw new HookRefusedError();
      },
      handler: async (request, reply) => reply.code(202).send(await receive(deps, refusals, request)),
    });
  });
}

async function receive(deps: ApiDeps, refusals: RefusalCounter, request: FastifyRequest): Promise<HookAnswer> {
  const { hook: id = "" } = request.params as { hook?: string };
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const hook = uuid.test(id) ? await findHook(deps.pool, id) : null;
  // What isn't there is checked too, with a secret that nobody has, so that it takes as long.
  const secrets = hook === null ? [randomBytes(32).toString("base64")] : await secretsOf(deps.keys, hook);
  const verdict = verifyDelivery(hook?.source.scheme ?? "github", secrets, { headers: request.headers, body });
  if (!verdict.valid || hook === null) {
    if (hook !== null && !verdict.valid) refusals.note(hook, verdict.outcome, refusedBecause[verdict.outcome]);
    throw new HookRefusedError();
  }
  const { org, source } = hook;
  const digest = `sha256:${createHash("sha256").update(body).digest("hex")}` as const;
  const fireDeps = { ...deps.triggers, newId: deps.newId, queueLimit: deps.config.queueLimit };
  const { event, keys } = verdict;
  const occurrenceId = deps.newId();
  const done = await inOrganization(deps.pool, org, async (db) => {
    const trigger = await findTrigger(db, hook.trigger);
    if (trigger === null) throw new HookRefusedError();
    if ((await countRecent(db, hook.trigger, source.perMinute)) >= source.perMinute) {
      refusals.note(hook, "rate_limited", `More than ${source.perMinute} came within a minute.`);
      throw new RateLimitedError(source.perMinute, 60, "to this hook");
    }
    const payload = payloadOf(refusals, hook, request.headers["content-type"], body);
    const now = await databaseTime(db);
    const occurrence = { id: occurrenceId, at: now, now, keys, payload, event, reason: event, digest, depth: 0 };
    return commit(fireDeps, db, trigger, await prepare(fireDeps, db, trigger, occurrence));
  }).catch((error: unknown) => {
    // Not taken, so that the sender tries it again.
    if (error instanceof QueueFullError) refusals.note(hook, "quota", error.message);
    throw error;
  });
  if ("repeats" in done) {
    const outcome = done.key.startsWith("body ") && keys.length > 1 ? "replayed" : "duplicate";
    refusals.note(hook, outcome, refusedBecause[outcome]);
    return { occurrence: done.repeats, outcome, digest };
  }
  if (done.run !== null) deps.wakeWorkers();
  return { occurrence: done.id, outcome: done.outcome, digest };
}

const refusedBecause = {
  bad_signature: "Nobody who knows the secret sent it.",
  replayed: "It was sent before, or its time is more than five minutes off.",
  duplicate: "The same delivery came before.",
};

/** The newest version, and the one before it for as long as the trigger says. */
async function secretsOf(keys: OrganizationKeys, { source, secrets }: Hook): Promise<string[]> {
  const [newest, former] = secrets;
  if (newest === undefined) return [];
  const good = former !== undefined && newest.ageMs <= source.overlapMs ? [newest, former] : [newest];
  return Promise.all(good.map((one) => openSecretVersion(keys, one)));
}

function payloadOf(refusals: RefusalCounter, hook: Hook, type: string | undefined, body: Buffer): Json {
  try {
    return parsePayload(type, body);
  } catch (error) {
    refusals.note(hook, "invalid", "The body isn't JSON, or is nested too deeply.");
    throw error;
  }
}

/** @throws BodyInvalidError, BodyTooDeepError */
function parsePayload(type: string | undefined, body: Buffer): Json {
  const text = body.toString("utf8");
  // GitHub's other content type: the same JSON as a field of a form.
  const form = type?.startsWith("application/x-www-form-urlencoded") === true;
  let payload: Json;
  try {
    payload = JSON.parse(form ? (new URLSearchParams(text).get("payload") ?? "") : text) as Json;
  } catch (cause) {
    throw new BodyInvalidError(cause);
  }
  assertShallow(payload);
  return payload;
}
