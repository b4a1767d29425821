import { inRepository } from "./repository.ts";
import type { Node, Rule } from "./rule.ts";

/** The two schemas, and the test kit: it runs in the author's own test process and needs the PATH of that. */
const readers = /^(platform\/src\/config|cli\/src\/config)\.ts$|^sdk\/src\/testing\//;
const guarded = /^(sdk|platform|agents\/[^/]+|cli)\/src\/(?!.*\.test\.ts$)/;

/** One schema, parsed once at start, reads the environment: nothing else may look at it. */
export const environmentRule: Rule = {
  meta: { type: "problem", docs: { description: "Only config.ts reads the environment." } },
  create(context) {
    const file = inRepository(context.filename);
    if (!guarded.test(file) || readers.test(file)) return {};
    const where = file.startsWith("cli/") ? "cli/src/config.ts" : "platform/src/config.ts";
    const message = `Only ${where} reads the environment, so that every variable is validated and documented: take the value as a parameter.`;
    const checkImport = (node: Node): void => {
      if (node.source?.value !== "node:process") return;
      const names = node.specifiers?.map((specifier) => (specifier.imported ?? specifier.local)?.name);
      if (names?.includes("env")) context.report({ node, message });
    };
    return {
      MemberExpression(node) {
        const property = node.property?.name ?? node.property?.value;
        if (node.object?.name === "process" && property === "env") context.report({ node, message });
      },
      ImportDeclaration: checkImport,
      ExportNamedDeclaration: checkImport,
    };
  },
};
