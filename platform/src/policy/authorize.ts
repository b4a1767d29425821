import { Role } from "@gantry/sdk/api";
import type { Action } from "./actions.ts";
import type { Answer, Entity, PolicySet, Question } from "./cedar.ts";
import { rolePolicies } from "./roles.ts";
import type { Rules } from "./rules.ts";

/** Who asks. */
export interface Subject {
  org: string;
  actor: { kind: "user" | "service"; id: string; name: string };
  groups: readonly string[];
  roles: readonly SubjectRole[];
  credential: { kind: string; mfaAt: number | null };
  accessVersion: string;
}

export interface SubjectRole {
  role: string;
  project: string | null;
  environment: string | null;
  /** Set: nobody gave it, it was taken by break-glass. */
  breakGlass?: string;
}

/** What a call is about, and where that lies. */
export interface ResourceFacts {
  type: "Organization" | "Project" | "Environment" | "Run";
  id: string;
  project: { id: string; name: string } | null;
  environment: string | null;
  protection: "open" | "guarded" | "strict" | null;
  /** Of a run. */
  requester?: string;
}

export interface AccessDecision {
  allowed: boolean;
  /** What decided, by name. */
  policies: readonly string[];
  reasons: readonly string[];
}

export type Authorize = (
  subject: Subject,
  action: Action,
  resource: ResourceFacts,
  rules: Rules,
  options?: { anywhere?: boolean },
) => AccessDecision;

/**
 * Whether a caller may do something: a role that they hold there must permit it, and no policy of the place may forbid it. An
 * answer follows from nothing but what the key of the cache is made of; the versions in it grow with each change of people,
 * roles and policies, so no answer outlives them.
 */
export function createAuthorize(): Authorize {
  const answered = new Map<string, AccessDecision>();
  return (subject, action, resource, rules, { anywhere = false } = {}) => {
    // Glass that is broken opens no other.
    const own = action.groups.includes("break-glass")
      ? subject.roles.filter((one) => one.breakGlass === undefined)
      : subject.roles;
    const held = named(own.filter((one) => anywhere || holdsAt(one, resource)));
    const set = rules.at({ project: resource.project?.id ?? null, environment: resource.environment });
    const { org, actor, accessVersion, credential } = subject;
    // The roles' policies speak of roles and actions only; an organization's may speak of everything.
    const key =
      set === null
        ? `${org} ${accessVersion} ${held.join()} ${action.id} ${resource.type}`
        : JSON.stringify([
            org,
            accessVersion,
            `${rules.version}`,
            actor,
            held,
            action.id,
            resource,
            credential.kind,
            credential.mfaAt !== null,
          ]);
    let answer = answered.get(key);
    if (answer === undefined) {
      answer = decide({ subject, action, resource, held, set });
      if (answered.size >= maximumAnswers) answered.clear();
      answered.set(key, answer);
    }
    return answer;
  };
}

const maximumAnswers = 20_000;

export function holdsAt(
  one: SubjectRole,
  { project, environment }: Pick<ResourceFacts, "project" | "environment">,
): boolean {
  return (
    (one.project === null || one.project === project?.id) &&
    (one.environment === null || one.environment === environment)
  );
}

/** The roles that hold at the place. */
export function heldAt({ roles }: Pick<Subject, "roles">, place: Parameters<typeof holdsAt>[1]): string[] {
  return named(roles.filter((one) => holdsAt(one, place)));
}

const named = (roles: Subject["roles"]): string[] => [...new Set(roles.map(({ role }) => role))].toSorted();

interface Asked {
  subject: Subject;
  action: Action;
  resource: ResourceFacts;
  held: readonly string[];
  set: PolicySet | null;
}

function decide(asked: Asked): AccessDecision {
  const question = questionOf(asked);
  const byRoles = rolePolicies().set.ask(question);
  if (!byRoles.allowed) return refusedByRole(asked, byRoles);
  if (asked.set === null) return { ...allowed, policies: byRoles.policies };
  return byOwn(asked.set, question, byRoles);
}

const allowed = { allowed: true, reasons: [] };

function byOwn(set: PolicySet, question: Question, byRoles: Answer): AccessDecision {
  const { allowed: passes, policies, errors } = set.ask(question);
  // A forbid that can't be evaluated would silently forbid nothing.
  if (passes && errors.length === 0) return { ...allowed, policies: byRoles.policies };
  const known = policies.flatMap((id) => set.get(id) ?? []).filter(({ effect }) => effect === "forbid");
  const reasons = known.map(({ id, reason }) => reason ?? `Policy ${id} forbids it.`);
  return {
    allowed: false,
    policies: known.map(({ id }) => id),
    reasons: [...reasons, ...errors],
  };
}

function refusedByRole({ action, held }: Asked, { policies, errors }: Answer): AccessDecision {
  const needed = rolesThatMay(action).join(", ");
  const has = held.length === 0 ? "You hold no role here" : `Your roles here: ${held.join(", ")}`;
  const reasons = errors.length > 0 ? errors : [`${has}. ${action.id} takes one of: ${needed}.`];
  return {
    allowed: false,
    policies: policies.length > 0 ? policies : ["default-deny"],
    reasons,
  };
}

const mayByAction = new Map<string, readonly string[]>();

/** The roles that permit an action. */
export function rolesThatMay(action: Action): readonly string[] {
  let found = mayByAction.get(action.id);
  if (found === undefined) {
    found = Role.options.filter((role) => permitsRole(role, action));
    mayByAction.set(action.id, found);
  }
  return found;
}

export function permitsRole(role: Role, action: Action): boolean {
  const resource = { type: "Organization", id: "any", attrs: nowhere };
  const principal = principalOf(anybody, [role]);
  return rolePolicies().set.ask({ principal, action, resource, context: contextOf(anybody) }).allowed;
}

const nowhere = { project: "", environment: "", protection: "" };
const anybody: Subject = {
  org: "any",
  actor: { kind: "user", id: "anybody", name: "anybody" },
  groups: [],
  roles: [],
  credential: { kind: "key", mfaAt: null },
  accessVersion: "0",
};

function questionOf({ subject, action, resource, held }: Asked): Question {
  return {
    principal: principalOf(subject, held),
    action,
    resource: resourceEntity(subject.org, resource),
    context: contextOf(subject),
  };
}

function principalOf({ actor, groups }: Subject, held: readonly string[]): Entity {
  return {
    type: actor.kind === "service" ? "Service" : "User",
    id: actor.id,
    attrs: { name: actor.name, groups: [...groups] },
    parents: held.map((id) => ({ type: "Role", id })),
  };
}

function contextOf({ credential }: Subject): Question["context"] {
  return { credential: credential.kind, mfa: credential.mfaAt !== null };
}

/** As policies see it: by names, since nobody knows ids by heart. */
export function resourceEntity(org: string, resource: ResourceFacts): Entity {
  const { type, id, project, environment, protection, requester } = resource;
  const above = [
    { type: "Organization", id: org },
    ...(project === null ? [] : [{ type: "Project", id: project.name }]),
    ...(project === null || environment === null
      ? []
      : [{ type: "Environment", id: `${project.name}/${environment}` }]),
  ].filter((one) => one.type !== type);
  return {
    type,
    id,
    attrs: {
      project: project?.name ?? "",
      environment: environment ?? "",
      protection: protection ?? "",
      ...(type === "Run" ? { requester: requester ?? "" } : {}),
    },
    parents: above,
  };
}
