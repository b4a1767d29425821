import cedar from "@cedar-policy/cedar-wasm/nodejs";
import { GantryError, type JsonObject } from "@gantry/sdk";

/** One statement of Cedar, and what its annotations say. */
export interface KnownPolicy {
  id: string;
  text: string;
  effect: "permit" | "forbid";
  reason: string | null;
  /** Who lifts it. `shared`: one person may stand for this group and for others of the decision, where all of its policies say so. */
  approval: { group: string; count: number; shared: boolean } | null;
}

export class PolicyInvalidError extends GantryError {
  readonly code = "policy_invalid";
  override readonly fault = "operational";
  constructor(problems: readonly string[]) {
    super(`The policies can't be used: ${problems.join("; ")}`, { details: { problems } });
  }
}

/** @throws PolicyInvalidError when the text doesn't parse, a policy has no @id, or an @approval names no group and count. */
export function readPolicies(text: string): KnownPolicy[] {
  const parts = cedar.policySetTextToParts(text);
  if (parts.type === "failure") throw new PolicyInvalidError(parts.errors.map((error) => error.message));
  if (parts.policy_templates.length > 0)
    throw new PolicyInvalidError(["a policy can't be a template (?principal, ?resource)"]);
  const policies = parts.policies.map(readPolicy);
  const twice = policies.find(({ id }, index) => policies.findIndex((other) => other.id === id) !== index);
  if (twice !== undefined) throw new PolicyInvalidError([`two policies have the @id ${twice.id}`]);
  return policies;
}

function readPolicy(text: string): KnownPolicy {
  const parsed = cedar.policyToJson(text);
  if (parsed.type === "failure") throw new PolicyInvalidError(parsed.errors.map((error) => error.message));
  const { annotations = {}, effect } = parsed.json;
  const { id, approval, reason, shared } = annotations as Record<string, string | undefined>;
  if (!id) throw new PolicyInvalidError([`a policy has no @id: ${text.slice(0, 60)}`]);
  return {
    id,
    text,
    effect,
    reason: reason || null,
    approval: effect === "forbid" ? approvalOf(id, approval, shared === "true") : null,
  };
}

function approvalOf(id: string, text: string | undefined, shared: boolean): KnownPolicy["approval"] {
  if (text === undefined) return null;
  const match = /^([a-z][a-z0-9-]*):([1-9]\d?)$/.exec(text);
  if (!match)
    throw new PolicyInvalidError([`@approval of ${id} must look like "group:count", not ${JSON.stringify(text)}`]);
  return { group: match[1] as string, count: Number(match[2]), shared };
}

export interface Entity {
  type: string;
  id: string;
  attrs?: JsonObject;
  parents?: readonly { type: string; id: string }[];
}

export interface Question {
  principal: Entity;
  action: { id: string; groups: readonly string[] };
  resource: Entity;
  context: JsonObject;
}

export interface Answer {
  allowed: boolean;
  /** What decided, by id. */
  policies: string[];
  /** Of policies that could not be evaluated, which silently lose what they forbid: whoever asks must deny. */
  errors: string[];
}

/** Policies that are evaluated together. */
export interface PolicySet {
  get(id: string): KnownPolicy | undefined;
  ask(question: Question): Answer;
}

/** @throws PolicyInvalidError */
export function createPolicySet(policies: readonly KnownPolicy[]): PolicySet {
  const known = new Map(policies.map((policy) => [policy.id, policy]));
  const staticPolicies = Object.fromEntries(policies.map(({ id, text }) => [id, text]));
  const set: PolicySet = {
    get: (id) => known.get(id),
    ask: ({ principal, action, resource, context }) => {
      const groups = action.groups.map((id) => ({ type: "Action", id }));
      const answer = cedar.statefulIsAuthorized({
        principal: uidOf(principal),
        action: { type: "Action", id: action.id },
        resource: uidOf(resource),
        context: context as never,
        preparsedPolicySetId: parsedAs(set, staticPolicies),
        entities: [
          entityJson(principal),
          entityJson({ type: "Action", id: action.id, parents: groups }),
          ...(principal.type === resource.type && principal.id === resource.id ? [] : [entityJson(resource)]),
        ],
      });
      if (answer.type === "failure")
        return { allowed: false, policies: [], errors: answer.errors.map((error) => error.message) };
      const { decision, diagnostics } = answer.response;
      const errors = diagnostics.errors.map((error) => `Policy ${error.policyId}: ${error.error.message}`);
      return { allowed: decision === "allow", policies: diagnostics.reason.toSorted(), errors };
    },
  };
  parsedAs(set, staticPolicies);
  return set;
}

const uidOf = ({ type, id }: Entity) => ({ type, id });
const entityJson = (entity: Entity) => ({
  uid: uidOf(entity),
  attrs: (entity.attrs ?? {}) as never,
  parents: [...(entity.parents ?? [])],
});

/**
 * Parsing costs some times more than deciding, so Cedar keeps parsed sets under names, for good. The names are few and go
 * round: a set that wasn't asked for long is parsed again.
 */
const names = new Map<PolicySet, string>();
const maximumNames = 300;
let named = 0;

function parsedAs(set: PolicySet, staticPolicies: Record<string, string>): string {
  const held = names.get(set);
  names.delete(set);
  if (held !== undefined) {
    names.set(set, held);
    return held;
  }
  const oldest = names.size < maximumNames ? undefined : names.entries().next().value;
  if (oldest) names.delete(oldest[0]);
  const name = oldest?.[1] ?? `gantry-${(named += 1)}`;
  const parsed = cedar.preparsePolicySet(name, { staticPolicies });
  if (parsed.type === "failure") throw new PolicyInvalidError(parsed.errors.map((error) => error.message));
  names.set(set, name);
  return name;
}

/** What a schema says is wrong with policies, by their id; none when all is well. */
export function checkAgainst(schema: string, policies: readonly KnownPolicy[]): { policy: string; message: string }[] {
  const staticPolicies = Object.fromEntries(policies.map(({ id, text }) => [id, text]));
  const answer = cedar.validate({ schema, policies: { staticPolicies } });
  if (answer.type === "failure") return answer.errors.map(({ message }) => ({ policy: "", message }));
  return [...answer.validationErrors, ...answer.validationWarnings].map(({ policyId, error }) => ({
    policy: policyId,
    message: error.help === null ? error.message : `${error.message}; ${error.help}`,
  }));
}
