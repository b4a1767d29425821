import type { Diagnostic } from "./schemas.ts";

export interface SourceFile {
  name: string;
  content: string;
}

interface Rule {
  /** What breaks it; its first group, where there is one, is what `unless` looks at. */
  pattern: RegExp;
  unless?: (found: string, providers: readonly string[]) => boolean;
  summary: string;
  detail: string;
}

/** What configurations that nobody has read yet must not have, whoever wrote them: it would run, or be downloaded, when they are looked at. */
const rules: readonly Rule[] = [
  {
    pattern: /\bprovisioner\s*"([^"]*)"/g,
    summary: "A provisioner runs commands",
    detail: "Leave it out; say what shall be with resources.",
  },
  {
    pattern: /\bdata\s*"(external)"/g,
    summary: 'A data source "external" runs a program',
    detail: "Leave it out; take the value as a variable.",
  },
  {
    pattern: /\bmodule\s*"[^"]*"\s*\{[^}]*?\bsource\s*=\s*"([^"]*)"/g,
    unless: (source) => /^\.{1,2}\//.test(source) || /^[\w-]+\/[\w-]+\/[\w-]+$/.test(source),
    summary: "A module comes from an address of its own",
    detail: "Use modules of the registry (namespace/name/provider) or of the same files.",
  },
  {
    pattern: /\bsource\s*=\s*"((?:[\w.-]+\/)?[\w-]+\/[\w-]+)"/g,
    unless: (source, providers) =>
      /^(registry\.terraform\.io\/)?hashicorp\//.test(source) || providers.includes(source),
    summary: "A provider that isn't allowed here",
    detail: "Use those of hashicorp, or have the other one allowed (`providers`).",
  },
  {
    pattern: /\b(AKIA[0-9A-Z]{16})\b|-----BEGIN [A-Z ]*PRIVATE KEY-----/g,
    summary: "A credential in plain text",
    detail: "Take it as a variable marked sensitive.",
  },
  {
    pattern: /\b[\w-]*(?:password|secret|token|api_key|access_key)\w*\s*=\s*"([^"$]{4,})"/gi,
    summary: "A secret in plain text",
    detail: "Take it as a variable marked sensitive.",
  },
];

/** The built-in rules that files break, as Terraform would say it. */
export function brokenRules(files: readonly SourceFile[], providers: readonly string[]): Diagnostic[] {
  return files.flatMap(({ name, content }) => {
    const code = content.replaceAll(/^[ \t]*(?:#|\/\/).*$/gm, "");
    return rules.flatMap(({ pattern, unless, summary, detail }) =>
      [...code.matchAll(pattern)].flatMap((match): Diagnostic[] => {
        if (unless?.(match[1] ?? "", providers)) return [];
        const line = code.slice(0, match.index).split("\n").length;
        return [{ severity: "error", summary, detail, file: name, line }];
      }),
    );
  });
}
