/**
 * The contract of the HTTP API: schemas of requests and answers, and every endpoint as data. The server, the client and
 * OpenAPI are made of it.
 */
import { approvals } from "./approvals.ts";
import { audit } from "./audit.ts";
import { apiKeys } from "./api-keys.ts";
import { backups, restore } from "./backups.ts";
import { breakers } from "./breakers.ts";
import { breakGlass } from "./break-glass.ts";
import { budgets } from "./budgets.ts";
import { bulkActions } from "./bulk-actions.ts";
import { agents } from "./catalog.ts";
import { changeSets } from "./change-sets.ts";
import { comparison } from "./compare.ts";
import { configuration } from "./configuration.ts";
import { connections } from "./connections.ts";
import { decisions } from "./decisions.ts";
import { delegations } from "./delegations.ts";
import { derivedRuns } from "./derived-runs.ts";
import { blobs } from "./blobs.ts";
import { database } from "./database.ts";
import { doctor } from "./doctor.ts";
import { elevation } from "./elevation.ts";
import { encryption } from "./encryption.ts";
import { failure } from "./failure.ts";
import { feed } from "./feed.ts";
import { goals } from "./goals.ts";
import { freezes } from "./freezes.ts";
import { installation } from "./installation.ts";
import { killSwitch } from "./kill-switch.ts";
import { limits } from "./limits.ts";
import { memories } from "./memories.ts";
import { mcpServers } from "./mcp-servers.ts";
import { models } from "./models.ts";
import { actors, environments, me } from "./organization.ts";
import { onboarding } from "./onboarding.ts";
import { deliveries, subscriptions } from "./notifications.ts";
import { erasures, organizations } from "./organizations.ts";
import { overview } from "./overview.ts";
import { people, personErasures } from "./people.ts";
import { personAccess } from "./person-access.ts";
import { plans } from "./plans.ts";
import { policies } from "./policies.ts";
import { policyQuestions } from "./policy-questions.ts";
import { preferences } from "./preferences.ts";
import { projects } from "./projects.ts";
import { questions } from "./questions.ts";
import { queue } from "./queue.ts";
import { quotas } from "./quotas.ts";
import { archive, holds, retention } from "./retention.ts";
import { roles } from "./roles.ts";
import { runbooks } from "./runbooks.ts";
import { runCommands } from "./run-commands.ts";
import { runSteps } from "./run-steps.ts";
import { runs } from "./runs.ts";
import { secrets } from "./secrets.ts";
import { invitations, serviceAccounts, sessions, tokens } from "./sign-in.ts";
import { signing } from "./signing.ts";
import { teams } from "./teams.ts";
import { states } from "./terraform-states.ts";
import { timeline } from "./timeline.ts";
import { triggers } from "./triggers.ts";
import { variables } from "./variables.ts";
import { workers } from "./workers.ts";

// What answers are made of, for clients that do without the rest: making plans needs CEL, a quarter of a command's start.
export { Effect, touchesWorld } from "../plan.ts";
export { isAskingPeople } from "../asking.ts";
export { ThoughtNote } from "../thinking.ts";

export * from "./answer-part.ts";
export * from "./approvals.ts";
export * from "./audit.ts";
export * from "./api-keys.ts";
export * from "./backups.ts";
export * from "./break-glass.ts";
export * from "./breakers.ts";
export * from "./budgets.ts";
export * from "./bulk-actions.ts";
export * from "./bulk-limit.ts";
export * from "./catalog.ts";
export * from "./change-sets.ts";
export * from "./common.ts";
export * from "./compare.ts";
export * from "./configuration.ts";
export * from "./connections.ts";
export * from "./decisions.ts";
export * from "./delegations.ts";
export * from "./derived-runs.ts";
export * from "./blobs.ts";
export * from "./database.ts";
export * from "./doctor.ts";
export * from "./elevation.ts";
export * from "./encryption.ts";
export * from "./endpoint.ts";
export * from "./event-record.ts";
export * from "./failure.ts";
export * from "./feed.ts";
export * from "./goals.ts";
export * from "./freezes.ts";
export * from "./installation.ts";
export * from "./kill-switch.ts";
export * from "./limits.ts";
export * from "./memories.ts";
export * from "./mcp-servers.ts";
export * from "./models.ts";
export * from "./notifications.ts";
export * from "./onboarding.ts";
export * from "./organization.ts";
export * from "./organizations.ts";
export * from "./overview.ts";
export * from "./people.ts";
export * from "./person-access.ts";
export * from "./plans.ts";
export * from "./policies.ts";
export * from "./policy-questions.ts";
export * from "./preferences.ts";
export * from "./projects.ts";
export * from "./questions.ts";
export * from "./queue.ts";
export * from "./quotas.ts";
export * from "./retention.ts";
export * from "./roles.ts";
export * from "./run-commands.ts";
export * from "./run-steps.ts";
export * from "./runbooks.ts";
export * from "./runs.ts";
export * from "./secrets.ts";
export * from "./sign-in.ts";
export * from "./signing.ts";
export * from "./teams.ts";
export * from "./terraform-states.ts";
export * from "./timeline.ts";
export * from "./triggers.ts";
export * from "./variables.ts";
export * from "./workers.ts";

export const apiPrefix = "/api/v1";

/** All endpoints, by resource. */
export const api = {
  goals,
  runs: {
    ...runs,
    ...runCommands,
    ...decisions,
    ...derivedRuns,
    ...comparison,
    ...changeSets,
    ...timeline,
    ...failure,
    ...runSteps,
  },
  bulkActions,
  people: { ...people, ...personAccess },
  plans,
  approvals,
  questions,
  delegations,
  runbooks,
  agents,
  workers,
  overview,
  queue,
  database,
  encryption,
  blobs,
  configuration,
  installation,
  doctor,
  onboarding,
  killSwitch,
  backups,
  restore,
  apiKeys,
  me: { ...me, ...preferences },
  elevation,
  organizations,
  personErasures,
  erasures,
  sessions,
  tokens,
  invitations,
  serviceAccounts,
  actors,
  teams,
  roles,
  breakGlass,
  projects,
  environments,
  variables,
  policies: { ...policies, ...policyQuestions },
  feed,
  secrets,
  connections,
  memories,
  mcpServers,
  models,
  limits,
  breakers,
  budgets,
  quotas,
  states,
  triggers,
  subscriptions,
  deliveries,
  freezes,
  retention,
  holds,
  archive,
  signing,
  audit,
} as const;
