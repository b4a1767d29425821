/** The part of oxlint's plugin interface (the same as ESLint's) that our rules use; oxlint exports no types for it. */
export interface Rule {
  readonly meta: { readonly type: "problem"; readonly docs: { readonly description: string } };
  create(context: Context): Visitor;
}

interface Context {
  readonly filename: string;
  report(problem: { node: Node; message: string }): void;
}

/** A node of the syntax tree; only the fields that some rule reads. */
export interface Node {
  readonly type: string;
  readonly name?: string;
  readonly value?: unknown;
  readonly source?: Node | null;
  readonly object?: Node;
  readonly property?: Node;
  readonly callee?: Node;
  readonly arguments?: readonly Node[];
  readonly specifiers?: readonly { readonly imported?: Node; readonly local?: Node }[];
}

export type Visitor = Readonly<Record<string, (node: Node) => void>>;
