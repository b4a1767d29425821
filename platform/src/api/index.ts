/**
 * The HTTP API: one file per resource, where a route parses by the contract, calls one thing and maps its answer. Imported
 * by the composition root only; imports everything but main.ts and config.ts.
 */
import { randomUUID } from "node:crypto";
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { createAccess, guardRoutes } from "./access/access.ts";
import { actorRoutes } from "./access/actors.ts";
import { apiKeyRoutes } from "./access/api-keys.ts";
import { approvalRoutes } from "./runs/approvals.ts";
import { archiveRoutes } from "./records/archive.ts";
import { auditRoutes } from "./records/audit.ts";
import { createRefusalRecorder } from "./http/audit-refusals.ts";
import { breakGlassRoutes } from "./access/break-glass.ts";
import { breakerRoutes } from "./control/breakers.ts";
import { budgetRoutes } from "./control/budgets.ts";
import { bulkActionRoutes } from "./runs/bulk-actions.ts";
import { catalogRoutes } from "./agents/catalog.ts";
import { comparisonRoutes } from "./runs/compare-runs.ts";
import { changeSetRoutes } from "./runs/change-sets.ts";
import { deliveryRoutes } from "./organization/deliveries.ts";
import { blobRoutes } from "./records/blobs.ts";
import { doctorRoutes } from "./installation/doctor.ts";
import { elevationRoutes } from "./access/elevation.ts";
import { encryptionRoutes } from "./organization/encryption.ts";
import { configurationRoutes } from "./organization/configuration.ts";
import { createFindSender } from "./access/credentials.ts";
import { dashboardRoutes } from "./installation/dashboard.ts";
import { databaseRoutes } from "./installation/database.ts";
import type { ApiDeps } from "./deps.ts";
import { answerBrokenRequest } from "./http/broken-request.ts";
import { createServerFactory } from "./create-server.ts";
import { decisionRoutes } from "./runs/decisions.ts";
import { delegationRoutes } from "./access/delegations.ts";
import { connectionRoutes } from "./organization/connections.ts";
import { questionRoutes } from "./runs/questions.ts";
import { memoryRoutes } from "./agents/memories.ts";
import { mcpServerRoutes } from "./agents/mcp-servers.ts";
import { modelCallRoutes } from "./agents/model-calls.ts";
import { modelRoutes } from "./agents/models.ts";
import { derivedRunRoutes } from "./runs/derived-runs.ts";
import { environmentRoutes } from "./organization/environments.ts";
import { NotFoundError } from "./errors.ts";
import { createOpenStreams } from "./http/event-stream.ts";
import { feedRoutes } from "./runs/feed.ts";
import { goalRoutes } from "./plans/goals.ts";
import { freezeRoutes } from "./control/freezes.ts";
import { hookRoutes } from "./plans/hooks.ts";
import { healthRoutes } from "./installation/health.ts";
import { backupRoutes } from "./installation/backups.ts";
import { installationRoutes } from "./installation/installation.ts";
import { killSwitchRoutes } from "./control/kill-switch.ts";
import { invitationRoutes } from "./access/invitations.ts";
import { limitRoutes } from "./control/limits.ts";
import { mcpChallenge, mcpRoutes } from "./agents/mcp.ts";
import { meRoutes } from "./access/me.ts";
import { endpointOf, metricRoutes } from "./installation/metrics.ts";
import { onboardingRoutes } from "./organization/onboarding.ts";
import { overviewRoutes } from "./runs/overview.ts";
import { peopleRoutes } from "./access/people.ts";
import { pageRoutes } from "./docs/pages.ts";
import { organizationRoutes } from "./organization/organizations.ts";
import { personAccessRoutes } from "./access/person-access.ts";
import { planRoutes } from "./plans/plans.ts";
import { policyRoutes } from "./control/policies.ts";
import { policyQuestionRoutes } from "./control/policy-questions.ts";
import { preferenceRoutes } from "./access/preferences.ts";
import { problemOf } from "./http/problem.ts";
import { protect } from "./http/protect.ts";
import { proofRoutes } from "./access/proofs.ts";
import { projectRoutes } from "./organization/projects.ts";
import { queueRoutes } from "./runs/queue.ts";
import { quotaRoutes } from "./control/quotas.ts";
import { createRequestLimits, type RequestLimits } from "./http/request-limits.ts";
import { retentionRoutes } from "./records/retention.ts";
import { roleRoutes } from "./access/roles.ts";
import { runInsightRoutes } from "./runs/run-insight.ts";
import { runArtifactRoutes } from "./runs/run-artifacts.ts";
import { runbookRoutes } from "./plans/runbooks.ts";
import { runCommandRoutes } from "./runs/run-commands.ts";
import { runEventRoutes } from "./runs/run-events.ts";
import { runLogRoutes } from "./runs/run-logs.ts";
import { runRoutes } from "./runs/runs.ts";
import { secretRoutes } from "./organization/secrets.ts";
import { signingRoutes } from "./installation/signing.ts";
import { stateRoutes } from "./records/states.ts";
import { serviceAccountRoutes } from "./access/service-accounts.ts";
import { sessionRoutes } from "./access/sessions.ts";
import { peoplePages } from "./access/sign-in-pages/index.ts";
import { signInRoutes } from "./access/sign-in.ts";
import { subscriptionRoutes } from "./organization/subscriptions.ts";
import { teamRoutes } from "./access/teams.ts";
import { terraformStateRoutes } from "./records/terraform-state.ts";
import { tokenRoutes } from "./access/tokens.ts";
import { triggerRoutes } from "./plans/triggers.ts";
import { createUseNotes } from "./access/use-notes.ts";
import { variableRoutes } from "./organization/variables.ts";
import { createStreamGuards } from "./http/stream-guards.ts";
import { createWatch } from "./http/watch.ts";
import { workerRoutes } from "./installation/workers.ts";

export type { Certificate, CertificatePem } from "./deps.ts";
export { defaultApiConfig, type ApiConfig, type ApiDeps, type BlobPlace, type Example } from "./deps.ts";
export { applyProvider } from "./access/provider-membership.ts";
export { firstAdministratorLink } from "./access/first-administrator.ts";
export { ensureFirstOrganization, issueAdministratorKey } from "./organization/first-organization.ts";

/** The server, not yet listening. `close()` lets requests finish, ends streams with a reason and waits for neither long. */
export async function createApi(deps: ApiDeps): Promise<FastifyInstance> {
  const app = fastify({
    // The answer's log line is written below, by our own logger; the framework would log addresses with their query.
    logger: false,
    bodyLimit: deps.config.bodyLimitBytes,
    serverFactory: createServerFactory(deps),
    // What a client says of itself through a proxy is believed from those only; otherwise it is whoever connects.
    trustProxy: deps.config.trustedProxies.length === 0 ? false : [...deps.config.trustedProxies],
    clientErrorHandler: answerBrokenRequest,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 500 },
    genReqId: ({ headers }) => requestIdOf(headers["x-request-id"]),
    frameworkErrors: (error, request, reply) => answerProblem(deps, error, request, reply),
  });
  const closing = new AbortController();
  const open = createOpenStreams();
  const watch = createWatch(deps);

  app.addHook("onRequest", (request, reply, done) => {
    void reply.header("x-request-id", request.id);
    done();
  });
  const limits = createRequestLimits(deps);
  const recordRefusal = createRefusalRecorder(deps);
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    await recordRefusal(request, problemOf(error, request));
    answerProblem(deps, await countedRefusal(limits, error, request), request, reply);
    return reply;
  });
  app.setNotFoundHandler((request, reply) => answerProblem(deps, new NotFoundError(), request, reply));
  await protect(app, deps);
  const uses = createUseNotes({ pool: deps.pool, everyMs: 60_000, log: deps.log });
  const access = createAccess(deps.pool);
  guardRoutes(app, access, limits, createFindSender({ ...deps, uses }));
  const guards = createStreamGuards({
    ...deps,
    access,
    findSender: createFindSender({ ...deps, uses: { ...uses, note: () => {} } }),
    everyMs: Math.min(deps.config.pollMs, 1_000),
  });
  app.addHook("onResponse", (request, reply, done) => {
    logAnswer(deps, request, reply);
    done();
  });
  app.addHook("preClose", async () => {
    closing.abort();
    open.end("shutdown");
    // What is still busy then is cut off: a client that never reads its answer must not keep the process alive.
    const cut = setTimeout(() => app.server.closeAllConnections(), deps.config.closeGraceMs);
    app.server.once("close", () => clearTimeout(cut));
  });

  // Whoever closes the pool next must find nobody who still asks it.
  app.addHook("onClose", async () => {
    await Promise.all([watch.close(), guards.close(), open.settled(), uses.close()]);
  });

  metricRoutes(app, deps);
  healthRoutes(app, deps, closing.signal);
  pageRoutes(app, deps);
  await dashboardRoutes(app);
  signInRoutes(app, deps);
  peoplePages(app, deps);
  sessionRoutes(app, deps);
  elevationRoutes(app, deps);
  tokenRoutes(app, deps);
  invitationRoutes(app, deps);
  serviceAccountRoutes(app, deps);
  meRoutes(app, deps);
  preferenceRoutes(app, deps);
  runRoutes(app, deps);
  runCommandRoutes(app, deps);
  decisionRoutes(app, deps);
  proofRoutes(app, deps);
  delegationRoutes(app, deps);
  derivedRunRoutes(app, deps);
  comparisonRoutes(app, deps);
  runInsightRoutes(app, deps);
  changeSetRoutes(app, deps);
  bulkActionRoutes(app, deps);
  runEventRoutes(app, deps, watch, open, guards);
  runLogRoutes(app, deps, closing.signal, guards);
  runArtifactRoutes(app, deps);
  goalRoutes(app, deps);
  planRoutes(app, deps);
  approvalRoutes(app, deps);
  archiveRoutes(app, deps);
  catalogRoutes(app, deps);
  runbookRoutes(app, deps);
  workerRoutes(app, deps);
  queueRoutes(app, deps);
  overviewRoutes(app, deps);
  encryptionRoutes(app, deps);
  blobRoutes(app, deps);
  configurationRoutes(app, deps);
  databaseRoutes(app, deps);
  installationRoutes(app, deps);
  doctorRoutes(app, deps);
  onboardingRoutes(app, deps);
  killSwitchRoutes(app, deps);
  backupRoutes(app, deps);
  apiKeyRoutes(app, deps);
  organizationRoutes(app, deps);
  personAccessRoutes(app, deps);
  actorRoutes(app, deps);
  peopleRoutes(app, deps);
  teamRoutes(app, deps);
  roleRoutes(app, deps);
  breakGlassRoutes(app, deps);
  projectRoutes(app, deps);
  environmentRoutes(app, deps);
  variableRoutes(app, deps);
  policyRoutes(app, deps);
  policyQuestionRoutes(app, deps);
  feedRoutes(app, deps, watch, open, guards);
  secretRoutes(app, deps);
  connectionRoutes(app, deps);
  limitRoutes(app, deps);
  breakerRoutes(app, deps);
  budgetRoutes(app, deps);
  memoryRoutes(app, deps);
  questionRoutes(app, deps);
  mcpServerRoutes(app, deps);
  modelRoutes(app, deps);
  modelCallRoutes(app, deps);
  quotaRoutes(app, deps);
  retentionRoutes(app, deps);
  auditRoutes(app, deps);
  signingRoutes(app, deps);
  stateRoutes(app, deps);
  terraformStateRoutes(app, deps);
  triggerRoutes(app, deps);
  subscriptionRoutes(app, deps);
  deliveryRoutes(app, deps);
  hookRoutes(app, deps);
  freezeRoutes(app, deps);
  mcpRoutes(app, deps, closing.signal);
  return app;
}

/** The client's own id where it is harmless to log, so that its log and ours can be put together. */
function requestIdOf(given: string | string[] | undefined): string {
  return typeof given === "string" && /^[\w.-]{8,100}$/.test(given) ? given : randomUUID();
}

/** Whoever shows credentials that aren't good has only so many tries; sign-in counts its own. */
async function countedRefusal(limits: RequestLimits, error: unknown, request: FastifyRequest): Promise<unknown> {
  const { access } = request.routeOptions.config;
  if (access === "public" || access === "sign-in" || problemOf(error, request).status !== 401) return error;
  return limits.noteRefused(request).then(
    () => error,
    (tooMany: unknown) => tooMany,
  );
}

function answerProblem(deps: ApiDeps, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error, request);
  if (problem.status >= 500) {
    deps.log.error({ err: error, requestId: request.id, endpoint: endpointOf(request) }, "A request failed");
  }
  if (problem.status === 401) {
    const { access } = request.routeOptions.config;
    const otherwise = access === "state-token" ? 'Basic realm="gantry"' : "Bearer";
    void reply.header("www-authenticate", access === "mcp" ? mcpChallenge(deps, request) : otherwise);
  }
  const wait = problem.details?.["retryAfter"];
  if (typeof wait === "number") void reply.header("retry-after", wait);
  void reply.code(problem.status).type("application/problem+json").send(JSON.stringify(problem));
}

/** One line per request: never its headers, its query or its body. */
function logAnswer(deps: ApiDeps, request: FastifyRequest, reply: FastifyReply): void {
  const { run } = (request.params ?? {}) as { run?: string };
  const fields = {
    requestId: request.id,
    endpoint: endpointOf(request),
    method: request.method,
    status: reply.statusCode,
    ms: Math.round(reply.elapsedTime),
    ...(run === undefined ? {} : { run }),
    ...(request.caller === null ? {} : { org: request.caller.org, actor: request.caller.actor.id }),
  };
  deps.log.info(fields, "Answered a request");
}
