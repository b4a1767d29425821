import { apiActions, planActions } from "./actions.ts";

/** What policies may speak of, as a Cedar schema: entities, actions, and the facts of each. */
export function policySchema(): string {
  const actions = [...apiActions().values()];
  const groups = [...new Set(["policies", ...actions.flatMap((action) => action.groups)])].toSorted();
  const byShape = Map.groupBy(actions, ({ groups: of, resource }) => JSON.stringify([of, typesOf(resource.kind)]));
  return [
    entities,
    `action ${groups.map(quote).join(", ")};`,
    ...[...byShape.values()].map(
      (alike) => `action ${alike.map(({ id }) => quote(id)).join(",\n       ")}
  in [${(alike[0]?.groups ?? []).map(quote).join(", ")}]
  appliesTo {
    principal: [User, Service],
    resource: [${typesOf(alike[0]?.resource.kind ?? "organization").join(", ")}],
    context: Call
  };`,
    ),
    `// A plan before it starts, a change set before it is applied, an undo, and each tool in them.
action ${planActions.map(quote).join(", ")}
  appliesTo { principal: [User, Service], resource: [Environment], context: Plan };`,
    "",
  ].join("\n\n");
}

const quote = (text: string): string => JSON.stringify(text);

function typesOf(kind: string): string[] {
  if (kind === "organization" || kind === "anywhere" || kind === "self") return ["Organization"];
  if (kind === "run") return ["Organization", "Run"];
  return ["Organization", "Project", "Environment"];
}

const place = "{ project: String, environment: String, protection: String }";
const entities = `// Who: viewer, operator, approver, author, security, admin, owner.
entity Role;
// groups: of approvers, and the names of its teams.
entity User, Service in [Role] { name: String, groups: Set<String> };

// Where. An attribute that doesn't apply is "".
entity Organization ${place};
entity Project in [Organization] ${place};
entity Environment in [Project, Organization] ${place};
entity Run in [Environment, Project, Organization]
  { project: String, environment: String, protection: String, requester: String };

// Of a call of the API. credential: "key", "session", "token", or "trigger" where a trigger acts for its owner; mfa: proven with a second factor.
type Call = { credential: String, mfa: Bool };

// Of a plan. effect: "reads", "drafts", "changes" or "destroys"; scope: "start", "change_set" or "undo"; tool: of a
// tool:call the tool's name, else ""; tainted: a model proposed it that had read text nobody vouches for; approved: true once people approved.
type Plan = {
  effect: String,
  counts: { add: Long, change: Long, destroy: Long },
  environment: String,
  protection: String,
  runbook: String,
  tools: Set<{ tool: String, effect: String }>,
  tool: String,
  scope: String,
  undoable: Bool,
  deferred: Long,
  tainted: Bool,
  approved: Bool
};`;
