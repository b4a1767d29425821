import { inRepository } from "./repository.ts";
import type { Node, Rule } from "./rule.ts";

interface PureFolder {
  readonly folder: string;
  /** Packages and Node modules that compute without touching the outside. */
  readonly may: readonly string[];
}

const computing = ["zod", "@bufbuild/cel", "@noble/hashes", "safe-stable-stringify"];

const pureFolders: readonly PureFolder[] = [
  { folder: "sdk/src/core/", may: computing },
  { folder: "platform/src/domain/", may: [...computing, "@gantry/sdk", "node:crypto"] },
];

const impureCalls = new Set(
  "Date.now performance.now Math.random crypto.randomUUID setTimeout setInterval setImmediate fetch".split(" "),
);
const why = "replaying a journal must give the same state on every machine and day: take it as an input";

/** Folders that are replayed or recomputed hold no clock, no randomness and no I/O. */
export const pureRule: Rule = {
  meta: { type: "problem", docs: { description: "Pure folders read no clock, no randomness and do no I/O." } },
  create(context) {
    const file = inRepository(context.filename);
    const pure = pureFolders.find(({ folder }) => file.startsWith(folder));
    if (!pure || file.endsWith(".test.ts")) return {};
    const checkImport = (node: Node): void => {
      if (typeof node.source?.value !== "string") return;
      const specifier = node.source.value;
      if (specifier.startsWith(".") || pure.may.some((name) => specifier === name || specifier.startsWith(`${name}/`)))
        return;
      context.report({ node, message: `${pure.folder} is pure and may not import ${specifier}: ${why}.` });
    };
    return {
      ImportDeclaration: checkImport,
      ExportNamedDeclaration: checkImport,
      ExportAllDeclaration: checkImport,
      ImportExpression: checkImport,
      CallExpression(node) {
        const { name, object, property } = node.callee ?? {};
        const called = object?.name && property?.name ? `${object.name}.${property.name}` : name;
        if (called !== undefined && impureCalls.has(called))
          context.report({ node, message: `${pure.folder} is pure and may not call ${called}: ${why}.` });
      },
      NewExpression(node) {
        if (node.callee?.name === "Date" && node.arguments?.length === 0)
          context.report({
            node,
            message: `${pure.folder} is pure and may not read the clock with new Date(): ${why}.`,
          });
      },
    };
  },
};
