import { Role } from "@gantry/sdk/api";
import type { Add, ReadStatement } from "./statement.ts";

/** What can be named at a place. */
export interface KnownNames {
  /** Of actors, and the names of teams. */
  groups: readonly string[];
  projects: readonly string[];
  environments: readonly { project: string; name: string }[];
  tools: readonly string[];
}

/**
 * Warns of names that nothing has: of groups that are asked for approvals, and of what scopes and conditions compare with. What
 * they are for may come later, so that is no error.
 */
export function checkNames(one: ReadStatement, known: KnownNames, add: Add): void {
  const { annotations = {} } = one.json as { annotations?: Record<string, string> };
  const [group] = annotations["approval"]?.split(":") ?? [];
  if (group !== undefined && !known.groups.includes(group))
    add("warning", "unknown-group", `${nobodyIn(group)} So nobody can approve it.`, one, offsetOf(one, "@approval"));
  const names: Record<Kind, readonly string[]> = {
    ...known,
    environments: known.environments.map(({ name }) => name),
    Environment: known.environments.map(({ project, name }) => `${project}/${name}`),
    Project: known.projects,
    Role: Role.options,
  };
  const missing = new Map<string, { kind: Kind; name: string }>();
  for (const { kind, name } of namesIn(one.json as never))
    if (!names[kind].includes(name)) missing.set(`${kind} ${name}`, { kind, name });
  for (const { kind, name } of missing.values()) {
    const at = offsetOf(one, JSON.stringify(name), one.text.search(/\bforbid\s*\(/));
    add("warning", `unknown-${words[kind]}`, sentence(kind, name), one, at);
  }
}

/** What is compared with: an attribute's texts, or an entity. */
type Kind = "groups" | "projects" | "environments" | "tools" | "Environment" | "Project" | "Role";

const words: Record<Kind, string> = {
  groups: "group",
  projects: "project",
  environments: "environment",
  tools: "tool",
  Environment: "environment",
  Project: "project",
  Role: "role",
};

const attributes: Record<string, Kind> = {
  groups: "groups",
  project: "projects",
  environment: "environments",
  tool: "tools",
  tools: "tools",
};

const nobodyIn = (group: string): string => `No actor has the group ${group}, and no team is called so.`;

function sentence(kind: Kind, name: string): string {
  if (kind === "groups") return nobodyIn(name);
  if (kind === "tools") return `No agent here has a tool ${name}.`;
  if (kind === "Environment" && !name.includes("/"))
    return `There is no Environment::"${name}": they are called project/environment.`;
  return `There is no ${words[kind]} ${name} here.`;
}

type Node = { readonly [key: string]: Node } | readonly Node[] | string | null | undefined;

/** Without recursion: conditions may be nested deeply. */
function namesIn(statement: Node): { kind: Kind; name: string }[] {
  const found: { kind: Kind; name: string }[] = [];
  const todo: Node[] = [statement];
  while (todo.length > 0) {
    const node = todo.pop();
    if (typeof node !== "object" || node === null) continue;
    todo.push(...Object.values(node));
    const { type, id } = node as Record<string, Node>;
    if ((type === "Environment" || type === "Project" || type === "Role") && typeof id === "string")
      found.push({ kind: type, name: id });
    for (const operator of ["==", "!=", "contains", "containsAll", "containsAny"]) {
      const { left, right } = ((node as Record<string, Node>)[operator] ?? {}) as Record<string, Node>;
      const kind = kindOf(left) ?? kindOf(right);
      // An attribute that doesn't apply is "".
      const texts = [...literals(left), ...literals(right)].filter((name) => name !== "");
      if (kind !== undefined) found.push(...texts.map((name) => ({ kind, name })));
    }
  }
  return found;
}

function kindOf(node: Node): Kind | undefined {
  const { ".": attribute } = (node ?? {}) as Record<string, Node>;
  const { attr } = (attribute ?? {}) as Record<string, Node>;
  return typeof attr === "string" && Object.hasOwn(attributes, attr) ? attributes[attr] : undefined;
}

/** The texts of a text, a set, or a set of tools with their effects. */
function literals(node: Node): string[] {
  const { Value: value, Set: set, Record: record } = (node ?? {}) as Record<string, Node>;
  if (typeof value === "string") return [value];
  if (Array.isArray(set)) return (set as Node[]).flatMap(literals);
  const { tool } = (record ?? {}) as Record<string, Node>;
  return tool === undefined ? [] : literals(tool);
}

/** In bytes. */
function offsetOf({ text }: ReadStatement, part: string, from = 0): number {
  return Buffer.byteLength(text.slice(0, Math.max(text.indexOf(part, from), 0)));
}
