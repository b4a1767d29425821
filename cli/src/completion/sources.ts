import type { Client } from "@gantry/sdk/client";
import type { Config } from "../config.ts";
import { localContext, readUserFile } from "../config/user-file.ts";
import type { Candidate, Place } from "./parse.ts";

/** What is asked of the server, and with what. */
export interface Question {
  /** Made when it is asked for: what lies on this machine needs no key. */
  readonly client: Client;
  config: Config;
  place: Place;
  signal: AbortSignal;
}

type Source = (question: Question) => Promise<Candidate[]>;

/** More than anybody reads through. */
const most = 200;

const runs: Source = async ({ client, signal }) => describeRuns(await client.runs.list({ limit: most }, { signal }));
const waitingRuns: Source = async ({ client, signal }) =>
  describeRuns(await client.runs.list({ limit: most, status: "waiting_for_approval" }, { signal }));
const dryRuns: Source = async ({ client, signal }) =>
  describeRuns(await client.runs.list({ limit: most, dryRun: "true" }, { signal }));
const runbooks: Source = async ({ client, signal }) =>
  (await client.runbooks.list(undefined, { signal })).items.map(({ name, title }) => ({ value: name, about: title }));
const triggers: Source = async ({ client, signal }) =>
  (await client.triggers.list(undefined, { signal })).items.flatMap(({ id, name, runbook, environment }) => {
    const about = `${runbook} on ${environment}`;
    return [
      { value: name, about },
      { value: id, about: `${name}: ${about}` },
    ];
  });
const environments: Source = async ({ client, place, signal }) => {
  const { items } = await client.environments.list(undefined, { signal });
  const project = place.options["--project"];
  return items
    .filter((one) => project === undefined || one.project === project)
    .map(({ name, project: of, protection }) => ({ value: name, about: `${protection}, project ${of}` }));
};
const projects: Source = async ({ client, signal }) =>
  (await client.projects.list(undefined, { signal })).items.map(({ name, environments: all }) => ({
    value: name,
    about: all.join(", "),
  }));
const teams: Source = async ({ client, signal }) =>
  (await client.teams.list(undefined, { signal })).items.map(({ name, description }) => ({
    value: name,
    about: description,
  }));
const variables: Source = async ({ client, signal }) =>
  (await client.variables.list(undefined, { signal })).items.map(({ name, value }) => ({ value: name, about: value }));
const policies: Source = async ({ client, signal }) =>
  (await client.policies.list(undefined, { signal })).items.map(({ name, statements }) => ({
    value: name,
    about: statements.map(({ id }) => id).join(", "),
  }));
const bindings: Source = async ({ client, signal }) =>
  (await client.roles.list(undefined, { signal })).items.map(({ id, role, actor, team }) => ({
    value: id,
    about: `${role}, ${team === null ? (actor?.name ?? "") : `team ${team.name}`}`,
  }));
const brokenGlass: Source = async ({ client, signal }) =>
  (await client.breakGlass.list({ limit: most }, { signal })).items.map(({ id, actor, role, open }) => ({
    value: id,
    about: `${actor.name}, ${role}${open ? ", open" : ""}`,
  }));
const tools: Source = async ({ client, signal }) =>
  (await client.agents.list(undefined, { signal })).items.flatMap((agent) =>
    agent.tools.map(({ name, title }) => ({ value: name, about: title })),
  );
const agents: Source = async ({ client, signal }) =>
  (await client.agents.list(undefined, { signal })).items.map(({ name, title }) => ({ value: name, about: title }));
const goals: Source = async ({ client, signal }) =>
  (await client.goals.list({ limit: most }, { signal })).items.map(({ id, text }) => ({ value: id, about: text }));
const bulkActions: Source = async ({ client, signal }) =>
  (await client.bulkActions.list({ limit: most }, { signal })).items.map(({ id, command, status, count }) => ({
    value: id,
    about: `${command.action} ${count} runs, ${status}`,
  }));
const subscriptions: Source = async ({ client, signal }) =>
  (await client.subscriptions.list(undefined, { signal })).items.map(({ name, kinds }) => ({
    value: name,
    about: kinds.join(", "),
  }));
const deadLetters: Source = async ({ client, signal }) =>
  (await client.deliveries.list({ status: "dead", limit: most }, { signal })).items.map(({ id, kind }) => ({
    value: id,
    about: kind,
  }));
const freezes: Source = async ({ client, signal }) =>
  (await client.freezes.list(undefined, { signal })).items.map(({ id, reason }) => ({ value: id, about: reason }));
const holds: Source = async ({ client, signal }) =>
  (await client.holds.list(undefined, { signal })).items.map(({ run, reason }) => ({ value: run, about: reason }));
const archivedRuns: Source = async ({ client, signal }) =>
  (await client.archive.list({ limit: most }, { signal })).items.map(({ run, goal }) => ({ value: run, about: goal }));
const limits: Source = async ({ client, signal }) =>
  (await client.limits.list(undefined, { signal })).items.map(({ id, what }) => ({ value: id, about: what }));
const budgets: Source = async ({ client, signal }) =>
  (await client.budgets.list(undefined, { signal })).items.map(({ name }) => ({ value: name, about: "" }));
const connections: Source = async ({ client, signal }) =>
  (await client.connections.list(undefined, { signal })).items.map(({ name, kind }) => ({ value: name, about: kind }));
const actors: Source = async ({ client, signal }) =>
  (await client.actors.list(undefined, { signal })).items.map(({ name, kind }) => ({ value: name, about: kind }));
const keys: Source = async ({ client, signal }) =>
  (await client.apiKeys.list(undefined, { signal })).items.map(({ prefix, actor }) => ({
    value: prefix,
    about: actor.name,
  }));
const mySessions: Source = async ({ client, signal }) =>
  (await client.sessions.list(undefined, { signal })).items.map(({ id, name, userAgent }) => ({
    value: id,
    about: name ?? userAgent ?? "",
  }));
const openInvitations: Source = async ({ client, signal }) =>
  (await client.invitations.list(undefined, { signal })).items
    .filter(({ state }) => state === "open" || state === "expired")
    .map(({ id, email }) => ({ value: id, about: email ?? "" }));
const serviceAccounts: Source = async ({ client, signal }) =>
  (await client.serviceAccounts.list(undefined, { signal })).items.map(({ name }) => ({ value: name, about: "" }));
const secrets: Source = async ({ client, place: { options }, signal }) => {
  const project = options["--project"];
  const environment = options["--environment"];
  const scope = project === undefined ? {} : { project, ...(environment === undefined ? {} : { environment }) };
  return (await client.secrets.list(scope, { signal })).items.map(({ name }) => ({ value: name, about: "" }));
};
const contexts: Source = async ({ config: { userFile } }) => [
  { value: localContext, about: "the server on this machine" },
  ...Object.entries(readUserFile(userFile).contexts).map(([name, { url = "" }]) => ({ value: name, about: url })),
];
/** Of the run that was named before. */
const steps: Source = async ({ client, place: { arguments: given }, signal }) =>
  (await client.runs.get(given[0] ?? "", undefined, { signal })).steps.map(({ key, title }) => ({
    value: key,
    about: title,
  }));
const openHash: Source = async ({ client, place: { arguments: given }, signal }) =>
  (await client.runs.get(given[0] ?? "", undefined, { signal })).changeSets
    .filter(({ status }) => status === "open")
    .map(({ hash, changeSet }) => ({ value: hash, about: changeSet.goal }));
/** `name=` and, where the schema lists them, its values. */
const parameters: Source = async ({ client, place, signal }) => {
  const name = place.options["--runbook"] ?? place.arguments[0];
  const { items } = await client.runbooks.list(undefined, { signal });
  const schema = items.find((one) => one.name === name)?.parameters as
    | { properties?: Record<string, { description?: string; enum?: unknown[] }> }
    | undefined;
  return Object.entries(schema?.properties ?? {}).flatMap(([parameter, { description = "", enum: values }]) =>
    (values ?? [""]).map((value) => ({ value: `${parameter}=${String(value)}`, about: description })),
  );
};

const workers: Source = async ({ client, signal }) =>
  (await client.workers.list(undefined, { signal })).items
    .filter(({ alive }) => alive)
    .map(({ id, host, pid, pool, state }) => ({ value: id, about: `${host} (${pid}), pool ${pool}, ${state}` }));

/**
 * Where the values of a place come from: for one command (`approve run`), or wherever a place is called so. Places that are
 * named here exist; a test looks.
 */
export const sources: Readonly<Record<string, Source>> = {
  run: runs,
  a: runs,
  b: runs,
  "approve run": waitingRuns,
  "reject run": waitingRuns,
  hash: openHash,
  "--hash": openHash,
  step: steps,
  "--step": steps,
  "fork --from": steps,
  "--run": runs,
  "--real": dryRuns,
  runbook: runbooks,
  "--runbook": runbooks,
  "--use": runbooks,
  "--after-run": runbooks,
  "--parameter": parameters,
  trigger: triggers,
  goal: goals,
  "runs bulk id": bulkActions,
  subscription: subscriptions,
  "--subscription": subscriptions,
  delivery: deadLetters,
  freeze: freezes,
  worker: workers,
  "hold remove run": holds,
  "archive show run": archivedRuns,
  "archive export run": archivedRuns,
  "limit remove id": limits,
  "budget show name": budgets,
  "budget remove name": budgets,
  connection: connections,
  "connection show name": connections,
  "connection remove name": connections,
  "--connection": connections,
  "secret rm name": secrets,
  "secret versions name": secrets,
  "secret restore name": secrets,
  "notify add --secret": secrets,
  "notify add --token": secrets,
  "notify add --slack-webhook": secrets,
  "notify add --server": secrets,
  "trigger add --secret": secrets,
  "key revoke key": keys,
  "key rotate key": keys,
  "session revoke session": mySessions,
  "session rename session": mySessions,
  "person resend invitation": openInvitations,
  "person uninvite invitation": openInvitations,
  "service-account disable account": serviceAccounts,
  "key create --actor": actors,
  actor: actors,
  "--actor": actors,
  team: teams,
  "--team": teams,
  project: projects,
  environment: environments,
  binding: bindings,
  "break-glass": brokenGlass,
  "policy show policy": policies,
  "policy put policy": policies,
  "policy versions policy": policies,
  "policy diff policy": policies,
  "policy restore policy": policies,
  "policy remove policy": policies,
  "variable set name": variables,
  "variable get name": variables,
  "variable remove name": variables,
  "--context": contexts,
  "context use name": contexts,
  "context show name": contexts,
  "context remove name": contexts,
  "--environment": environments,
  "--after-environment": environments,
  "--project": projects,
  "--tool": tools,
  "--agent": agents,
};

export function sourceOf({ path, slot }: Pick<Place, "path" | "slot">): Source | undefined {
  if (slot === undefined) return undefined;
  return sources[`${path.join(" ")} ${slot.key}`] ?? sources[slot.key];
}

function describeRuns({ items }: Awaited<ReturnType<Client["runs"]["list"]>>): Candidate[] {
  return items.map(({ id, goal, status, environment }) => ({
    value: id,
    about: `${status.replaceAll("_", " ")} ${environment}: ${goal}`,
  }));
}
