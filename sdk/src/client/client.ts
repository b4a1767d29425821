import type { z } from "zod";
import type { BodyOf, QueryOf } from "../api/endpoint.ts";
import {
  api,
  type AuditFilter,
  type AuditFormat,
  type FeedEvent,
  type QuotaKind,
  type RetentionKind,
} from "../api/index.ts";
import type { Json } from "../json.ts";
import { callsBy } from "./calls.ts";
import { followEvents, type FollowOptions, type StreamItem } from "./event-stream.ts";
import { runMethods } from "./run-methods.ts";
import { createTransport, type CallOptions, type ClientOptions } from "./transport.ts";

/** Neither: the organization's. */
interface Place {
  project?: string;
  environment?: string;
}

export type Client = ReturnType<typeof createClient>;

/**
 * A client of the HTTP API: methods per resource, named like the endpoints. Calls that may be repeated are, with
 * back-off; a POST carries an idempotency key, so repeating it does nothing twice.
 *
 * Every method throws ApiError (the server's code), ConnectionFailedError or UnexpectedAnswerError.
 */
export function createClient(options: ClientOptions) {
  const transport = createTransport(options);

  const { plain, one, ofRun } = callsBy(transport);
  return {
    me: {
      get: plain(api.me.get).read,
      preferences: plain(api.me.preferences).read,
      setPreference: (name: string, value: Json) => one(api.me.setPreference).write({ name }, { value }),
    },
    sessions: {
      list: plain(api.sessions.list).read,
      rename: (session: string, name: string) => one(api.sessions.rename).write({ session }, { name }),
      revoke: (session: string) => one(api.sessions.revoke).read({ session }),
      revokeOthers: plain(api.sessions.revokeOthers).read,
    },
    elevation: {
      get: plain(api.elevation.get).read,
      ask: plain(api.elevation.ask).read,
      begin: plain(api.elevation.begin).write,
      end: plain(api.elevation.end).read,
    },
    tokens: { create: plain(api.tokens.create).write },
    invitations: {
      create: plain(api.invitations.create).write,
      list: plain(api.invitations.list).read,
      resend: (invitation: string, body: z.input<BodyOf<typeof api.invitations.resend>> = {}) =>
        one(api.invitations.resend).write({ invitation }, body),
      revoke: (invitation: string) => one(api.invitations.revoke).read({ invitation }),
    },
    serviceAccounts: {
      create: plain(api.serviceAccounts.create).write,
      list: plain(api.serviceAccounts.list).read,
      disable: (account: string) => one(api.serviceAccounts.disable).read({ account }),
    },
    runs: runMethods(transport),
    goals: {
      create: plain(api.goals.create).write,
      list: plain(api.goals.list).read,
      get: (goal: string) => one(api.goals.get).read({ goal }),
      tryAgain: (goal: string, body: z.input<BodyOf<typeof api.goals.tryAgain>> = {}) =>
        one(api.goals.tryAgain).write({ goal }, body),
      abandon: (goal: string, reason: string) => one(api.goals.abandon).write({ goal }, { reason }),
    },
    bulkActions: {
      create: plain(api.bulkActions.create).write,
      confirm: (bulk: string, count: number) => one(api.bulkActions.confirm).write({ bulk }, { count }),
      list: plain(api.bulkActions.list).read,
      get: (bulk: string, query?: z.input<QueryOf<typeof api.bulkActions.get>>, options?: CallOptions) =>
        one(api.bulkActions.get).read({ bulk }, query, options),
      items: (bulk: string, query?: z.input<QueryOf<typeof api.bulkActions.items>>, options?: CallOptions) =>
        one(api.bulkActions.items).read({ bulk }, query, options),
    },
    plans: { create: plain(api.plans.create).write },
    approvals: {
      list: plain(api.approvals.list).read,
      settings: plain(api.approvals.settings).read,
      configure: plain(api.approvals.configure).write,
      defaults: plain(api.approvals.defaults).read,
      setDefaults: plain(api.approvals.setDefaults).write,
    },
    delegations: {
      create: plain(api.delegations.create).write,
      list: plain(api.delegations.list).read,
      revoke: (delegation: string) => one(api.delegations.revoke).write({ delegation }, {}),
    },
    runbooks: {
      list: plain(api.runbooks.list).read,
      get: (name: string) => one(api.runbooks.get).read({ name }),
      versions: (name: string) => one(api.runbooks.versions).read({ name }),
      source: one(api.runbooks.source).read,
      publish: one(api.runbooks.publish).write,
      deprecate: one(api.runbooks.deprecate).write,
      restore: one(api.runbooks.restore).read,
      diff: one(api.runbooks.diff).read,
      check: plain(api.runbooks.check).write,
      render: plain(api.runbooks.render).write,
    },
    agents: { list: plain(api.agents.list).read, activity: plain(api.agents.activity).read },
    overview: { get: plain(api.overview.get).read },
    queue: { list: plain(api.queue.list).read },
    workers: {
      list: plain(api.workers.list).read,
      drain: (worker: string) => one(api.workers.drain).read({ worker }),
      resume: (worker: string) => one(api.workers.resume).read({ worker }),
    },
    database: { get: plain(api.database.get).read },
    blobs: {
      get: plain(api.blobs.get).read,
      move: plain(api.blobs.move).read,
      setLifecycle: plain(api.blobs.setLifecycle).read,
    },
    configuration: { get: plain(api.configuration.get).read },
    installation: { get: plain(api.installation.get).read },
    doctor: { get: plain(api.doctor.get).read },
    onboarding: { get: plain(api.onboarding.get).read },
    killSwitch: {
      get: plain(api.killSwitch.get).read,
      set: plain(api.killSwitch.set).write,
      lift: plain(api.killSwitch.lift).read,
    },
    backups: { list: plain(api.backups.list).read },
    restore: { get: plain(api.restore.get).read, resume: plain(api.restore.resume).read },
    apiKeys: {
      create: plain(api.apiKeys.create).write,
      list: plain(api.apiKeys.list).read,
      revoke: (key: string) => one(api.apiKeys.revoke).read({ key }),
      rotate: (key: string, body: z.input<BodyOf<typeof api.apiKeys.rotate>> = {}) =>
        one(api.apiKeys.rotate).write({ key }, body),
    },
    organizations: {
      create: plain(api.organizations.create).write,
      list: plain(api.organizations.list).read,
      get: (organization: string) => one(api.organizations.get).read({ organization }),
      rename: (organization: string, name: string) => one(api.organizations.rename).write({ organization }, { name }),
      remove: (organization: string, query: z.input<QueryOf<typeof api.organizations.remove>>) =>
        one(api.organizations.remove).read({ organization }, query),
    },
    erasures: {
      list: plain(api.erasures.list).read,
      get: (receipt: string) => one(api.erasures.get).read({ receipt }),
    },
    people: {
      list: plain(api.people.list).read,
      disable: (person: string, reason: string) => one(api.people.disable).write({ person }, { reason }),
      enable: (person: string, reason: string) => one(api.people.enable).write({ person }, { reason }),
      administer: (person: string, reason: string) => one(api.people.administer).write({ person }, { reason }),
      relieve: (person: string, reason: string) => one(api.people.relieve).write({ person }, { reason }),
      /** Lines of JSON about the caller, as they come. */
      exportMine: async () => (await transport.open(api.people.exportMine, {})).body ?? new Blob([]).stream(),
      exportActor: async (actor: string) =>
        (await transport.open(api.people.exportActor, { params: { actor } })).body ?? new Blob([]).stream(),
      exportPerson: async (person: string) =>
        (await transport.open(api.people.exportPerson, { params: { person } })).body ?? new Blob([]).stream(),
      eraseMe: (confirm: string) => plain(api.people.eraseMe).write({ confirm }),
      eraseActor: (actor: string, body: z.input<BodyOf<typeof api.people.eraseActor>>) =>
        one(api.people.eraseActor).write({ actor }, body),
      erasePerson: (person: string, body: z.input<BodyOf<typeof api.people.erasePerson>>) =>
        one(api.people.erasePerson).write({ person }, body),
    },
    personErasures: {
      list: plain(api.personErasures.list).read,
      get: (receipt: string) => one(api.personErasures.get).read({ receipt }),
    },
    actors: {
      create: plain(api.actors.create).write,
      list: plain(api.actors.list).read,
      get: (actor: string) => one(api.actors.get).read({ actor }),
      edit: (actor: string, body: z.input<BodyOf<typeof api.actors.edit>>) =>
        one(api.actors.edit).write({ actor }, body),
      disable: (actor: string) => one(api.actors.disable).read({ actor }),
      enable: (actor: string) => one(api.actors.enable).read({ actor }),
    },
    teams: {
      create: plain(api.teams.create).write,
      list: plain(api.teams.list).read,
      get: (team: string) => one(api.teams.get).read({ team }),
      edit: (team: string, body: z.input<BodyOf<typeof api.teams.edit>>) => one(api.teams.edit).write({ team }, body),
      remove: (team: string) => one(api.teams.remove).read({ team }),
      addMember: (team: string, actor: string) => one(api.teams.addMember).read({ team, actor }),
      removeMember: (team: string, actor: string) => one(api.teams.removeMember).read({ team, actor }),
    },
    breakGlass: {
      open: plain(api.breakGlass.open).write,
      list: plain(api.breakGlass.list).read,
      end: (breakGlass: string) => one(api.breakGlass.end).write({ breakGlass }, {}),
      review: (breakGlass: string, body: z.input<BodyOf<typeof api.breakGlass.review>>) =>
        one(api.breakGlass.review).write({ breakGlass }, body),
    },
    roles: {
      grant: plain(api.roles.grant).write,
      list: plain(api.roles.list).read,
      revoke: (binding: string) => one(api.roles.revoke).read({ binding }),
    },
    projects: {
      create: plain(api.projects.create).write,
      list: plain(api.projects.list).read,
      get: (project: string) => one(api.projects.get).read({ project }),
      rename: (project: string, name: string) => one(api.projects.rename).write({ project }, { name }),
      remove: (project: string) => one(api.projects.remove).read({ project }),
    },
    environments: {
      create: plain(api.environments.create).write,
      list: plain(api.environments.list).read,
      get: (project: string, environment: string) => one(api.environments.get).read({ project, environment }),
      edit: (project: string, environment: string, body: z.input<BodyOf<typeof api.environments.edit>>) =>
        one(api.environments.edit).write({ project, environment }, body),
      remove: (project: string, environment: string) => one(api.environments.remove).read({ project, environment }),
    },
    variables: {
      put: (variable: string, value: string, place: Place = {}) =>
        transport.call(api.variables.put, { params: { variable }, query: place, body: { value } }),
      list: plain(api.variables.list).read,
      get: (variable: string, place: Place = {}) => one(api.variables.get).read({ variable }, place),
      remove: (variable: string, place: Place = {}) => one(api.variables.remove).read({ variable }, place),
    },
    policies: {
      list: plain(api.policies.list).read,
      get: (policy: string, query: z.input<QueryOf<typeof api.policies.get>> = {}) =>
        one(api.policies.get).read({ policy }, query),
      put: (policy: string, body: z.input<BodyOf<typeof api.policies.put>>, place: Place = {}) =>
        transport.call(api.policies.put, { params: { policy }, query: place, body }),
      versions: (policy: string, place: Place = {}) => one(api.policies.versions).read({ policy }, place),
      diff: (policy: string, query: z.input<QueryOf<typeof api.policies.diff>> = {}) =>
        one(api.policies.diff).read({ policy }, query),
      restore: (policy: string, body: z.input<BodyOf<typeof api.policies.restore>>, place: Place = {}) =>
        transport.call(api.policies.restore, { params: { policy }, query: place, body }),
      remove: (policy: string, query: z.input<QueryOf<typeof api.policies.remove>> = {}) =>
        one(api.policies.remove).read({ policy }, query),
      lint: plain(api.policies.lint).write,
      test: plain(api.policies.test).write,
      explain: plain(api.policies.explain).write,
      explainRun: (run: string) => ofRun(api.policies.explainRun).read(run),
    },
    encryption: { status: plain(api.encryption.status).read, rotate: plain(api.encryption.rotate).write },
    secrets: {
      list: plain(api.secrets.list).read,
      put: (
        name: string,
        value: string,
        { rotateBy, ...scope }: Place & { rotateBy?: string } = {},
        options?: CallOptions,
      ) => {
        const body = { value, ...(rotateBy === undefined ? {} : { rotateBy }) };
        return transport.call(api.secrets.put, { params: { name }, query: scope, body }, options);
      },
      versions: (name: string, scope: Place = {}, options?: CallOptions) =>
        transport.call(api.secrets.versions, { params: { name }, query: scope }, options),
      restore: (name: string, version: number, scope: Place = {}, options?: CallOptions) =>
        transport.call(api.secrets.restore, { params: { name }, query: scope, body: { version } }, options),
      delete: (name: string, scope: { project?: string; environment?: string } = {}, options?: CallOptions) =>
        transport.call(api.secrets.delete, { params: { name }, query: scope }, options),
    },
    triggers: {
      create: plain(api.triggers.create).write,
      list: plain(api.triggers.list).read,
      get: (trigger: string) => one(api.triggers.get).read({ trigger }),
      edit: (trigger: string, body: z.input<BodyOf<typeof api.triggers.edit>>) =>
        one(api.triggers.edit).write({ trigger }, body),
      history: (trigger: string, query?: z.input<QueryOf<typeof api.triggers.history>>) =>
        one(api.triggers.history).read({ trigger }, query),
      pause: (trigger: string, reason: string | null = null) => one(api.triggers.pause).write({ trigger }, { reason }),
      resume: (trigger: string) => one(api.triggers.resume).write({ trigger }, {}),
      fire: (trigger: string, payload: Json = null) => one(api.triggers.fire).write({ trigger }, { payload }),
      remove: (trigger: string) => one(api.triggers.remove).read({ trigger }),
    },
    freezes: {
      create: plain(api.freezes.create).write,
      list: plain(api.freezes.list).read,
      end: (freeze: string) => one(api.freezes.end).read({ freeze }),
      override: (run: string, reason: string) => one(api.freezes.override).write({ run }, { reason }),
    },
    connections: {
      put: (
        connection: string,
        body: z.input<BodyOf<typeof api.connections.put>>,
        place: Place = {},
        options?: CallOptions,
      ) => transport.call(api.connections.put, { params: { connection }, query: place, body }, options),
      list: plain(api.connections.list).read,
      get: (connection: string, place: Place = {}) => one(api.connections.get).read({ connection }, place),
      test: (connection: string, place: Place = {}, options?: CallOptions) =>
        transport.call(api.connections.test, { params: { connection }, query: place }, options),
      remove: (connection: string, place: Place = {}) => one(api.connections.remove).read({ connection }, place),
    },
    limits: {
      set: plain(api.limits.set).write,
      list: plain(api.limits.list).read,
      remove: (limit: string) => one(api.limits.remove).read({ limit }),
    },
    breakers: {
      list: plain(api.breakers.list).read,
      reset: (breaker: string) => one(api.breakers.reset).read({ breaker }),
    },
    questions: {
      list: plain(api.questions.list).read,
      get: (question: string) => one(api.questions.get).read({ question }),
      answer: (question: string, answer: Json) => one(api.questions.answer).write({ question }, { answer }),
    },
    memories: {
      add: plain(api.memories.add).write,
      list: plain(api.memories.list).read,
      get: (memory: string) => one(api.memories.get).read({ memory }),
      pin: (memory: string, pinned = true) => one(api.memories.pin).write({ memory }, { pinned }),
      forget: (memory: string) => one(api.memories.forget).read({ memory }),
    },
    mcpServers: {
      put: (server: string, body: z.input<BodyOf<typeof api.mcpServers.put>>) =>
        one(api.mcpServers.put).write({ server }, body),
      list: plain(api.mcpServers.list).read,
      get: (server: string) => one(api.mcpServers.get).read({ server }),
      tools: (server: string) => one(api.mcpServers.tools).read({ server }),
      test: (server: string, options?: CallOptions) =>
        transport.call(api.mcpServers.test, { params: { server } }, options),
      approve: (server: string, body: z.input<BodyOf<typeof api.mcpServers.approve>>) =>
        one(api.mcpServers.approve).write({ server }, body),
      revoke: (server: string, tools: string[]) => one(api.mcpServers.revoke).write({ server }, { tools }),
      signIn: (server: string) => one(api.mcpServers.signIn).write({ server }, undefined),
      signOut: (server: string) => one(api.mcpServers.signOut).write({ server }, undefined),
      remove: (server: string) => one(api.mcpServers.remove).read({ server }),
    },
    models: {
      list: plain(api.models.list).read,
      test: (model?: string, place: Place = {}) =>
        transport.call(api.models.test, { body: model === undefined ? {} : { model }, query: place }),
      costs: plain(api.models.costs).read,
      policy: plain(api.models.policy).read,
      setPolicy: plain(api.models.setPolicy).write,
      calls: plain(api.models.calls).read,
      content: (call: string) => one(api.models.content).read({ call }),
    },
    budgets: {
      set: (budget: string, body: z.input<BodyOf<typeof api.budgets.set>>) =>
        one(api.budgets.set).write({ budget }, body),
      list: plain(api.budgets.list).read,
      get: (budget: string) => one(api.budgets.get).read({ budget }),
      remove: (budget: string) => one(api.budgets.remove).read({ budget }),
    },
    quotas: {
      list: plain(api.quotas.list).read,
      set: (kind: QuotaKind, body: z.input<BodyOf<typeof api.quotas.set>>) => one(api.quotas.set).write({ kind }, body),
    },
    states: {
      list: plain(api.states.list).read,
      versions: one(api.states.versions).read,
      restore: one(api.states.restore).write,
      unlock: one(api.states.unlock).write,
    },
    subscriptions: {
      create: plain(api.subscriptions.create).write,
      list: plain(api.subscriptions.list).read,
      get: (subscription: string) => one(api.subscriptions.get).read({ subscription }),
      delete: (subscription: string) => one(api.subscriptions.delete).read({ subscription }),
      pause: (subscription: string) => one(api.subscriptions.pause).read({ subscription }),
      resume: (subscription: string) => one(api.subscriptions.resume).read({ subscription }),
      test: (subscription: string) => one(api.subscriptions.test).read({ subscription }),
    },
    deliveries: {
      list: plain(api.deliveries.list).read,
      get: (delivery: string) => one(api.deliveries.get).read({ delivery }),
      replay: plain(api.deliveries.replay).write,
    },
    retention: {
      get: plain(api.retention.get).read,
      set: (keepDays: number | "never" | "default") => plain(api.retention.set).write({ keepDays }),
      setKind: (kind: RetentionKind, keepDays: number | "never" | "default") =>
        one(api.retention.setKind).write({ kind }, { keepDays }),
      preview: plain(api.retention.preview).read,
    },
    holds: {
      list: plain(api.holds.list).read,
      put: (run: string, reason: string) => ofRun(api.holds.put).write(run, { reason }),
      remove: (run: string) => ofRun(api.holds.remove).read(run),
    },
    audit: {
      list: plain(api.audit.list).read,
      verify: plain(api.audit.verify).read,
      head: plain(api.audit.head).read,
      /** Lines in the format that was asked for, as they come. */
      export: async (
        query: AuditFilter & { format?: AuditFormat },
        options?: CallOptions,
      ): Promise<ReadableStream<Uint8Array>> => {
        const response = await transport.open(api.audit.export, { query }, options);
        return response.body ?? new Blob([]).stream();
      },
    },
    signing: { keys: plain(api.signing.keys).read, rotate: plain(api.signing.rotate).write },
    archive: {
      list: plain(api.archive.list).read,
      get: ofRun(api.archive.get).read,
      verify: plain(api.archive.verify).read,
      /** The archive of a run, NDJSON, as it comes. */
      content: async (run: string, options?: CallOptions): Promise<ReadableStream<Uint8Array>> => {
        const response = await transport.open(api.archive.content, { params: { run } }, options);
        return response.body ?? new Blob([]).stream();
      },
    },
    feed: {
      /** Events of all the organization's runs, from now on or behind `after`. */
      follow: (options?: FollowOptions): AsyncGenerator<StreamItem<FeedEvent>> =>
        followEvents<FeedEvent>(transport, api.feed.follow, { params: {} }, options) as AsyncGenerator<
          StreamItem<FeedEvent>
        >,
    },
  };
}
