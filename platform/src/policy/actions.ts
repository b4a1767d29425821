import { api, type Endpoint, type EndpointResource } from "@gantry/sdk/api";

/** Something that can be allowed or forbidden. */
export interface Action {
  id: string;
  /** Names that policies know it by as well: its scope, and what it is of. */
  groups: readonly string[];
  resource: EndpointResource;
}

/** What isn't an endpoint of its own: what a call asks for besides. */
const further: Action[] = [
  { id: "metrics.get", groups: ["admin"], resource: { kind: "organization" } },
  { id: "killSwitch.everywhere", groups: ["admin:everywhere"], resource: { kind: "organization" } },
];

/** What plans, their change sets and the tools in them are asked about, see `default.cedar`. */
export const planActions = ["start", "apply", "undo", "tool:call"] as const;

let known: Map<string, Action> | undefined;

/** Every action of the API, by id. */
export function apiActions(): ReadonlyMap<string, Action> {
  known ??= new Map(
    [
      ...Object.values(api)
        .flatMap((resource) => Object.values(resource) as Endpoint[])
        .map(actionOf),
      ...further,
    ].map((action) => [action.id, action]),
  );
  return known;
}

export function actionOf({ id, scope, resource = { kind: "organization" } }: Endpoint): Action {
  const all = groupsOfResource[id.split(".")[0] as string] ?? [];
  // Everybody who sees the place may read its policies.
  const own = scope === "read" ? all.filter((group) => group !== "policies") : all;
  return { id, groups: [scope, ...own, ...(resource.kind === "self" ? ["self"] : [])], resource };
}

/** Groups besides the scope: what has duties of its own. */
const groupsOfResource: Record<string, string[]> = { policies: ["policies"], breakGlass: ["break-glass"] };
