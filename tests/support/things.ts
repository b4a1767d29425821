import { RetentionKind, Scope } from "@gantry/sdk/api";
import { createRedactor } from "../../platform/src/lib/redact.ts";
import { createKeepContent } from "../../platform/src/models/contents.ts";
import { enforceRetention } from "../../platform/src/retention/loop.ts";
import type { Person, TestApi } from "./api.ts";
import { startBrowserSession } from "./browser-session.ts";
import { newId, quiet } from "./engine.ts";
import type { Ids } from "./requests.ts";

/** An organization that has one of everything, and somebody who may do everything there. */
export interface Tenant extends Person {
  org: string;
  /** What the parts of addresses and the fields of bodies stand for here. */
  ids: Ids;
  /** Somebody who is signed in, as owner: their cookie, and the command line's form of the same session. */
  session: { cookie: string; token: string };
}

/** Ids that aren't named like what they are of. */
export const fieldNames: Readonly<Record<string, string>> = {
  to: "actor",
  runs: "run",
  deliveries: "delivery",
  proposal: "run",
  id: "record",
  proof: "record",
};

/** Needs a worker. Names begin with the organization's, so that none of another's fits by chance. */
export async function plantThings(api: TestApi, name: string): Promise<Tenant> {
  const { org } = await api.addTenant(name);
  const own = (what: string): string => `${name}-${what}`;
  const sql = (text: string, values: unknown[]) => api.engine.admin.query(text, values);
  const owner = await api.addPerson(own("owner"), { org, groups: ["approvers"], scopes: [...Scope.options] });
  const { client } = owner;

  const [project, environment] = [own("shop"), own("dev")];
  const at = { project, environment };
  await client.projects.create({ name: project });
  await client.projects.create({ name: own("spare") });
  await client.environments.create({ ...at, name: environment, protection: "guarded" });
  const make = async (runbook: string, parameters: Record<string, string>): Promise<string> =>
    (await client.runs.create({ runbook, parameters, ...at })).id;
  const [archived, other, run] = [
    await make("test.look", {}),
    await make("test.swap", { to: "there" }),
    await make("test.swap", { to: "here" }),
  ];
  await api.engine.reaches(archived, "succeeded");
  for (const one of [other, run]) await api.engine.reaches(one, "waiting_for_approval");
  const purged = await make("test.look", {});
  await api.engine.reaches(purged, "succeeded");
  await api.engine.until(async () => {
    await archive(api, [archived, purged]);
    return (await client.archive.list()).items.length === 2;
  });
  const { hash } = await client.runs.changeSet(run);
  const actor = (await api.addPerson(own("colleague"), { org })).actor;
  const { goal } = await client.goals.create({ text: `look around in ${environment}`, runbook: "test.look", ...at });
  await client.goals.create({ text: `look around in ${environment} again`, runbook: "test.look", ...at });

  const question = newId();
  await sql(
    `INSERT INTO questions (org, id, project, environment, run_id, step, text, schema, expires_at)
      SELECT org, $2, project, environment, id, 'before', 'Which one?', '{"type": "string"}', now() + interval '1 day' FROM runs WHERE id = $1`,
    [other, question],
  );
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const lend = { group: "approvers", to: actor, until, reason: "away" };
  const delegation = (await client.delegations.create(lend)).id;
  await client.delegations.create({ ...lend, to: (await api.addPerson(own("deputy"), { org })).actor });
  const bulk = (await client.bulkActions.create({ command: { action: "cancel" }, filter: { runs: [run, other] } })).id;
  await client.bulkActions.create({ command: { action: "cancel" }, filter: { runs: [run] } });
  const [team, connection, budget, variable] = [own("crew"), own("hub"), own("money"), `${name}_region`];
  await client.teams.create({ name: team });
  await client.teams.addMember(team, actor);
  await client.connections.put(connection, { kind: "registry" });
  const server = own("tracker");
  await client.mcpServers.put(server, { transport: "http", url: "https://mcp.example.com/" });
  await client.budgets.set(budget, { measure: "requests", amount: 1 });
  await client.variables.put(variable, "eu");
  await client.secrets.put(own("token"), "hush");
  const memory = (await client.memories.add({ project, text: `What ${name} knows` })).id;
  const call = newId();
  await sql(
    `INSERT INTO model_calls (org, id, at, project, environment, task, connection, provider, model, state)
      SELECT $1, $2, now(), id, $4, 'answer', 'house', 'compatible', 'small', 'answered' FROM projects WHERE org = $1 AND name = $3`,
    [org, call, project, environment],
  );
  await createKeepContent({ pool: api.engine.db, keys: api.keys })(
    { id: call, at: Date.now(), store: "full", redactor: createRedactor([]) },
    {
      organization: org,
      project: null,
      environment: null,
      agent: null,
      runId: null,
      task: "answer",
      messages: [{ role: "user", content: `What ${name} asked` }],
      tools: [],
      maxOutputTokens: 10,
      signal: new AbortController().signal,
    },
    { text: `What ${name} was told`, toolCalls: [], finish: "stop" },
  );
  const limit = (await client.limits.set({ kind: "concurrency", connection, amount: 1 })).id;
  const breaker = newId();
  await sql("INSERT INTO breakers (org, id, connection) VALUES ($1, $2, $3)", [org, breaker, connection]);
  const worker = newId();
  await sql(
    `INSERT INTO workers (id, host, pid, version, engine_version, pool, capacity, agents, lease_ms, state)
      VALUES ($1, 'elsewhere', 1, '0.0.0', 1, 'none', 1, '[]', 15000, 'stopped')`,
    [worker],
  );
  const state = own("net");
  await sql(
    `INSERT INTO terraform_states (org, id, project, environment, name)
      SELECT $1, $2, id, $4, $5 FROM projects WHERE org = $1 AND name = $3`,
    [org, newId(), project, environment, state],
  );
  const trigger = await client.triggers.create({
    name: own("nightly"),
    ...at,
    runbook: "test.look",
    source: { kind: "schedule", cron: "0 6 * * *" },
  } as never);
  for (let count = 0; count < 2; count += 1) await client.triggers.fire(trigger.id, {});
  const times = { kind: "once" as const, from: "2030-01-01T00:00:00Z", until: "2030-01-02T00:00:00Z" };
  const freeze = (await client.freezes.create({ reason: "holidays", times })).id;
  const subscription = own("chat");
  const url = { $secret: own("token") };
  await client.subscriptions.create({ name: subscription, destination: { channel: "slack-webhook", url } });
  const delivery = (await client.subscriptions.test(subscription)).id;
  await client.subscriptions.test(subscription);
  const runbook = `${name}.ours`;
  for (const version of ["1.0.0", "1.1.0"]) {
    const source = `name: ${runbook}\nversion: ${version}\ntitle: Ours\nsteps: [{id: look, tool: test.look}]\n`;
    await client.runbooks.publish({ name: runbook, version }, { source });
  }
  const { binding, ...people } = await plantPeople(api, { ...owner, org }, { actor, project, name });
  const { digest } = await api.blobs.put(org, Buffer.from(`evidence of ${name}`), { purpose: "artifact" });
  const report = { $artifact: digest, name: "report", bytes: 8, contentType: "text/plain" };
  await client.runs.signal(run, { name: "report", payload: { report } });
  await api.engine.until(async () => (await api.engine.types(run)).includes("signal.received"));
  const policy = own("careful");
  const forbids = '@id("no-pause") @reason("Not here.") forbid (principal, action == Action::"runs.pause", resource);';
  for (const one of [forbids, `${forbids}\n`])
    await client.policies.put(policy, { text: one }, { project: own("spare") });
  const breakGlass = (await client.breakGlass.open({ project, reason: "Something is on fire" })).id;
  await client.breakGlass.open({ project: own("spare"), reason: "Something is on fire" });
  const { items: records } = await client.audit.list({ limit: 1 });
  const ids: Record<string, string> = {
    record: records[0]?.id ?? "",
    run,
    other,
    project,
    environment,
    actor,
    goal: goal?.id ?? "",
    delegation,
    bulk,
    team,
    connection,
    server,
    budget,
    variable,
    memory,
    call,
    question,
    limit,
    breaker,
    worker,
    trigger: trigger.id,
    freeze,
    subscription,
    delivery,
    runbook,
    digest,
    organization: org,
    receipt: "A".repeat(32),
    breakGlass,
    policy,
    proof: newId(),
    binding,
    requester: actor,
    "archive.run": archived,
    "runs.step": "before",
    "me.name": own("theme"),
    "secrets.name": own("token"),
    "states.name": state,
    "teams.actor": actor,
    "runbooks.name": runbook,
    "runbooks.version": "1.1.0",
    "quotas.kind": "runs_at_once",
    "retention.kind": String(RetentionKind.options[0]),
    ...people.ids,
    ...Object.fromEntries(
      ["get", "put", "versions", "diff", "restore", "remove"].map((one) => [
        `query:policies.${one}`,
        `project=${own("spare")}`,
      ]),
    ),
    "query:runbooks.diff": "from=1.0.0",
    "query:organizations.remove": `confirm=${name}`,
    "query:approvals.settings": `project=${project}&environment=${environment}`,
  };
  const bodies: Record<string, object> = {
    "approvals.configure": { ...at, mfa: false },
    "breakGlass.open": { project, reason: "Something is on fire" },
    "bulkActions.confirm": { count: 2 },
    "bulkActions.create": { command: { action: "cancel" }, filter: { runs: [run] } },
    "deliveries.replay": { deliveries: [delivery] },
    "delegations.create": { ...lend, to: actor },
    "environments.create": { project, name: own("more") },
    "memories.add": { project, text: "Releases are on Tuesdays." },
    "goals.create": { text: "look around", runbook: "test.look", ...at },
    "plans.create": { runbook: "test.look", ...at },
    "policies.put": { text: forbids },
    "policies.lint": { text: forbids },
    "runs.challenge": { hash },
    "projects.rename": { name: project },
    "teams.edit": { name: team },
    "roles.grant": { role: "viewer", actor, project },
    "runs.approve": { hash },
    "runs.comments": { hash, text: "Why?" },
    "runs.create": { runbook: "test.look", ...at },
    "runs.reject": { hash, reason: "no" },
    "runs.fork": { from: "before" },
    "triggers.create": {
      name: own("weekly"),
      ...at,
      runbook: "test.look",
      source: { kind: "schedule", cron: "0 6 * * 1" },
    },
  };
  for (const [id, body] of Object.entries(bodies)) ids[`body:${id}`] = JSON.stringify(body);
  return { ...owner, org, ids, session: people.session };
}

/** Who is in it otherwise, and with what. */
async function plantPeople(
  api: TestApi,
  { client }: Person & { org: string },
  { actor, project, name }: { actor: string; project: string; name: string },
): Promise<{ binding: string; ids: Record<string, string>; session: Tenant["session"] }> {
  const binding = (await client.roles.grant({ role: "viewer", actor, project })).id;
  const key = (await client.apiKeys.create({ actor, scopes: ["read"] })).id;
  const email = `somebody@${name}.example.com`;
  await client.invitations.create({ email, roles: ["owner"] });
  const browser = startBrowserSession(api.url);
  const code = new URL(api.mails.findLast(({ to }) => to === email)?.link ?? "").searchParams.get("code") ?? "";
  const joined = await browser.post("/accept-invitation", { code, name: email, password: "seven calm walruses read" });
  if (joined.location !== "/") throw new Error(`Nobody joined: ${joined.text}`);
  const me = JSON.parse((await browser.json("GET", "/api/v1/me")).text) as {
    credential: { id: string };
    person: string;
  };
  const { token } = JSON.parse((await browser.json("POST", "/api/v1/tokens", {})).text) as { token: string };
  const cookie = [...browser.cookies].map(([one, value]) => `${one}=${value}`).join("; ");
  const invitation = (await client.invitations.create({ email: `guest@${name}.example.com` })).id;
  const account = (await client.serviceAccounts.create({ name: `${name}-robot` })).id;
  return {
    binding,
    ids: { key, session: me.credential.id, person: me.person, invitation, account },
    session: { cookie, token },
  };
}

async function archive(api: TestApi, runs: string[]): Promise<void> {
  await api.engine.admin.query("UPDATE runs SET finished_at = now() - interval '90 days' WHERE id = ANY ($1::uuid[])", [
    runs,
  ]);
  await enforceRetention({
    pool: api.engine.db,
    blobs: api.blobs,
    keepDays: 30,
    undoDays: 60,
    holder: newId(),
    newId,
    everyMs: 1,
    now: Date.now,
    log: quiet,
  });
}
