import { parse } from "@bufbuild/cel";

/** What `steps.<name>` (and, where `takesOutput`, `steps.<name>.output.<part>`) is called instead. */
interface Renamed {
  name: string;
  takesOutput?: boolean;
}

/** A condition in which steps have other names. The rest of its text stays as it was written. */
export function renameSteps(text: string, rename: (name: string, output: string | undefined) => Renamed): string {
  const parsed = parse(text);
  const positions = new Set<number>();
  collect(parsed.expr, parsed.sourceInfo?.positions ?? {}, positions);
  let result = text;
  // From the end, so that the positions before it stay right.
  for (const start of [...positions].toSorted((a, b) => b - a)) {
    const found = /^steps\s*(?:\.\s*(\w+)|\[\s*(["'])(\w+)\2\s*\])(?:(\s*\.\s*output)\s*(?:\.\s*(\w+))?)?/.exec(
      result.slice(start),
    );
    const name = found?.[1] ?? found?.[3];
    if (!found || name === undefined) continue;
    const [whole, , , , output, part] = found;
    const renamed = rename(name, part);
    const rest = output === undefined ? "" : renamed.takesOutput || part === undefined ? ".output" : `.output.${part}`;
    result = `${result.slice(0, start)}steps.${renamed.name}${rest}${result.slice(start + whole.length)}`;
  }
  return result;
}

/** Where the name `steps` stands in the expression. */
function collect(node: unknown, positions: Readonly<Record<string, number>>, found: Set<number>): void {
  if (typeof node !== "object" || node === null) return;
  const { id, exprKind } = node as { id?: bigint; exprKind?: { case?: string; value?: { name?: string } } };
  if (exprKind?.case === "identExpr" && exprKind.value?.name === "steps" && id !== undefined) {
    const position = positions[String(id)];
    if (position !== undefined) found.add(position);
  }
  for (const child of Object.values(node)) collect(child, positions, found);
}
