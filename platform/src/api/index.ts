/**
 * The HTTP API: one file per resource, where a route parses by the contract, calls one thing and maps its answer. Imported
 * by the composition root only; imports everything but main.ts and config.ts.
 */
import { randomUUID } from "node:crypto";
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { createAccess, guardRoutes } from "./access.ts";
import { actorRoutes } from "./actors.ts";
import { apiKeyRoutes } from "./api-keys.ts";
import { approvalRoutes } from "./approvals.ts";
import { archiveRoutes } from "./archive.ts";
import { auditRoutes } from "./audit.ts";
import { createRefusalRecorder } from "./audit-refusals.ts";
import { breakGlassRoutes } from "./break-glass.ts";
import { breakerRoutes } from "./breakers.ts";
import { budgetRoutes } from "./budgets.ts";
import { bulkActionRoutes } from "./bulk-actions.ts";
import { catalogRoutes } from "./catalog.ts";
import { comparisonRoutes } from "./compare-runs.ts";
import { changeSetRoutes } from "./change-sets.ts";
import { deliveryRoutes } from "./deliveries.ts";
import { blobRoutes } from "./blobs.ts";
import { doctorRoutes } from "./doctor.ts";
import { elevationRoutes } from "./elevation.ts";
import { encryptionRoutes } from "./encryption.ts";
import { configurationRoutes } from "./configuration.ts";
import { createFindSender } from "./credentials.ts";
import { dashboardRoutes } from "./dashboard.ts";
import { databaseRoutes } from "./database.ts";
import type { ApiDeps } from "./deps.ts";
import { answerBrokenRequest } from "./broken-request.ts";
import { createServerFactory } from "./create-server.ts";
import { decisionRoutes } from "./decisions.ts";
import { delegationRoutes } from "./delegations.ts";
import { connectionRoutes } from "./connections.ts";
import { questionRoutes } from "./questions.ts";
import { memoryRoutes } from "./memories.ts";
import { mcpServerRoutes } from "./mcp-servers.ts";
import { modelRoutes } from "./models.ts";
import { derivedRunRoutes } from "./derived-runs.ts";
import { environmentRoutes } from "./environments.ts";
import { NotFoundError } from "./errors.ts";
import { createOpenStreams } from "./event-stream.ts";
import { feedRoutes } from "./feed.ts";
import { goalRoutes } from "./goals.ts";
import { freezeRoutes } from "./freezes.ts";
import { hookRoutes } from "./hooks.ts";
import { healthRoutes } from "./health.ts";
import { backupRoutes } from "./backups.ts";
import { installationRoutes } from "./installation.ts";
import { killSwitchRoutes } from "./kill-switch.ts";
import { invitationRoutes } from "./invitations.ts";
import { limitRoutes } from "./limits.ts";
import { mcpChallenge, mcpRoutes } from "./mcp.ts";
import { meRoutes } from "./me.ts";
import { endpointOf, metricRoutes } from "./metrics.ts";
import { onboardingRoutes } from "./onboarding.ts";
import { overviewRoutes } from "./overview.ts";
import { peopleRoutes } from "./people.ts";
import { pageRoutes } from "./pages.ts";
import { organizationRoutes } from "./organizations.ts";
import { personAccessRoutes } from "./person-access.ts";
import { planRoutes } from "./plans.ts";
import { policyRoutes } from "./policies.ts";
import { policyQuestionRoutes } from "./policy-questions.ts";
import { preferenceRoutes } from "./preferences.ts";
import { problemOf } from "./problem.ts";
import { protect } from "./protect.ts";
import { proofRoutes } from "./proofs.ts";
import { projectRoutes } from "./projects.ts";
import { queueRoutes } from "./queue.ts";
import { quotaRoutes } from "./quotas.ts";
import { createRequestLimits, type RequestLimits } from "./request-limits.ts";
import { retentionRoutes } from "./retention.ts";
import { roleRoutes } from "./roles.ts";
import { runInsightRoutes } from "./run-insight.ts";
import { runArtifactRoutes } from "./run-artifacts.ts";
import { runbookRoutes } from "./runbooks.ts";
import { runCommandRoutes } from "./run-commands.ts";
import { runEventRoutes } from "./run-events.ts";
import { runLogRoutes } from "./run-logs.ts";
import { runRoutes } from "./runs.ts";
import { secretRoutes } from "./secrets.ts";
import { signingRoutes } from "./signing.ts";
import { stateRoutes } from "./states.ts";
import { serviceAccountRoutes } from "./service-accounts.ts";
import { sessionRoutes } from "./sessions.ts";
import { peoplePages } from "./sign-in-pages/index.ts";
import { signInRoutes } from "./sign-in.ts";
import { subscriptionRoutes } from "./subscriptions.ts";
import { teamRoutes } from "./teams.ts";
import { terraformStateRoutes } from "./terraform-state.ts";
import { tokenRoutes } from "./tokens.ts";
import { triggerRoutes } from "./triggers.ts";
import { createUseNotes } from "./use-notes.ts";
import { variableRoutes } from "./variables.ts";
import { createStreamGuards } from "./stream-guards.ts";
import { createWatch } from "./watch.ts";
import { workerRoutes } from "./workers.ts";

export type { Certificate, CertificatePem } from "./create-server.ts";
export { defaultApiConfig, type ApiConfig, type ApiDeps, type BlobPlace, type Example } from "./deps.ts";
export { applyProvider } from "./provider-membership.ts";
export { firstAdministratorLink } from "./first-administrator.ts";
export { ensureFirstOrganization, issueAdministratorKey } from "./first-organization.ts";

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
