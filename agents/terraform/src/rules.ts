import type { Diagnostic } from "./schemas.ts";
import { tokensOf, type Token } from "./tokens.ts";

export interface SourceFile {
  name: string;
  content: string;
}

type Found = Pick<Diagnostic, "summary"> & { detail: string; at: number };

/**
 * The built-in rules that files break, as Terraform would say it: what configurations that nobody has read yet must not have, whoever wrote them,
 * because it would run, ask somebody or be downloaded when they are looked at. They go by tokens: a block can be written in many ways.
 */
export function brokenRules(files: readonly SourceFile[], providers: readonly string[]): Diagnostic[] {
  return files.flatMap(({ name, content }) =>
    [...brokenBlocks(tokensOf(content), providers), ...credentialsIn(content)].map(({ summary, detail, at }) => {
      const line = content.slice(0, at).split("\n").length;
      return { severity: "error", summary, detail, file: name, line };
    }),
  );
}

/** Data sources that do something else than to read from a provider's own service. */
const refusedData: Readonly<Record<string, string>> = {
  external: "runs a program",
  http: "asks any address",
  terraform_remote_state: "asks any address",
};

function brokenBlocks(tokens: readonly Token[], providers: readonly string[]): Found[] {
  const found: Found[] = [];
  /** Of each block around: the names and texts before its brace. */
  const around: string[][] = [];
  let before: string[] = [];
  for (const [index, token] of tokens.entries()) {
    const { kind, value, plain, at } = token;
    const inProviders = around.some((head) => head.at(-1) === "required_providers");
    const inModule = around.at(-1)?.at(-2) === "module";
    if (kind !== "mark") {
      before.push(value);
      if (inProviders && !plain) found.push({ ...unallowedProvider, at });
    } else if (value === "{") {
      const what = before.at(-2);
      if (what === "provisioner") found.push({ ...provisioner, at });
      const does = before.at(-3) === "data" ? refusedData[what ?? ""] : undefined;
      if (does !== undefined)
        found.push({
          summary: `A data source "${what ?? ""}" ${does}`,
          detail: "Leave it out; take the value as a variable.",
          at,
        });
      around.push(before);
      before = [];
    } else if (value === "}") {
      around.pop();
      before = [];
    } else if (value === "=" || value === ":") {
      const given = tokens[index + 1];
      const source = before.at(-1) === "source" && given?.kind === "text" && given.plain ? given.value : null;
      if (before.at(-1) === "source" && inProviders && !isAllowedProvider(source, providers))
        found.push({ ...unallowedProvider, at });
      if (before.at(-1) === "source" && inModule && !isAllowedModule(source)) found.push({ ...unallowedModule, at });
      before = [];
    }
  }
  return found;
}

const provisioner = {
  summary: "A provisioner runs commands",
  detail: "Leave it out; say what shall be with resources.",
};
const unallowedModule = {
  summary: "A module comes from an address of its own",
  detail: "Use modules of the registry (namespace/name/provider) or of the same files.",
};
const unallowedProvider = {
  summary: "A provider that isn't allowed here",
  detail: "Use those of hashicorp, or have the other one allowed (`providers`).",
};

function isAllowedProvider(source: string | null, providers: readonly string[]): boolean {
  return (
    source !== null && (/^(registry\.terraform\.io\/)?hashicorp\/[\w-]+$/.test(source) || providers.includes(source))
  );
}

function isAllowedModule(source: string | null): boolean {
  return source !== null && (/^\.{1,2}\//.test(source) || /^[\w-]+\/[\w-]+\/[\w-]+$/.test(source));
}

const credentials = [
  { pattern: /\bAKIA[0-9A-Z]{16}\b|-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----/g, summary: "A credential in plain text" },
  {
    pattern: /\b[\w-]*(?:password|secret|token|api_key|access_key)\w*\s*=\s*"[^"$]{4,}"/gi,
    summary: "A secret in plain text",
  },
];

function credentialsIn(content: string): Found[] {
  const code = content.replaceAll(/^[ \t]*(?:#|\/\/).*$/gm, (line) => " ".repeat(line.length));
  return credentials.flatMap(({ pattern, summary }) =>
    [...code.matchAll(pattern)].map(({ index: at }) => ({
      summary,
      detail: "Take it as a variable marked sensitive.",
      at,
    })),
  );
}
