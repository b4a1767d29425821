import type { ThingChange } from "@gantry/sdk";

/** A place in the tree of things: things below the same prefix of their names are shown together. */
interface TreeGroup {
  /** Names of the group from the top: `module.shop`, `aws_instance`. */
  name: string;
  things: ThingChange[];
}

/** Groups things by all of their names but the last part, in the order in which they come; brackets belong to their part. */
export function groupThings(changes: readonly ThingChange[]): TreeGroup[] {
  const groups = new Map<string, ThingChange[]>();
  for (const change of changes) {
    const name = groupOf(change.name);
    const things = groups.get(name);
    if (things === undefined) groups.set(name, [change]);
    else things.push(change);
  }
  return [...groups].map(([name, things]) => ({ name, things }));
}

/** What stands before the last dot that isn't in brackets. */
function groupOf(name: string): string {
  let depth = 0;
  let quoted = false;
  let last = 0;
  for (let index = 0; index < name.length; index += 1) {
    const character = name[index];
    if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === "[") depth += 1;
    else if (character === "]") depth -= 1;
    else if (character === "." && depth === 0) last = index;
  }
  return name.slice(0, last);
}
