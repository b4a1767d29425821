import type { LoadedRunbook } from "./load.ts";
import type { ParameterDeclaration, StepFile, TypeDeclaration } from "./schema.ts";

/** A page about a runbook, as Markdown: what it does, what it asks for, and its steps. */
export function describeRunbook({ name, version, shape }: LoadedRunbook): string {
  const { head, parameters, steps } = shape;
  if (!head) return `# ${name}\n`;
  const { title, description, deprecated, intents = [], examples = [], onFailure, deadline, tests = [] } = head;
  const sections = [
    `# ${inline(title)}`,
    `\`${name}\`, version ${version}.`,
    deprecated && deprecation(deprecated),
    description && inline(description),
    intents.length > 0 && `People say: ${intents.map((one) => `“${inline(one)}”`).join(", ")}.`,
    examples.length > 0 && `For example: ${examples.map((one) => `“${inline(one)}”`).join(", ")}.`,
    "## Parameters",
    parameterTable(parameters),
    `    gantry run ${name} -e <environment>${Object.entries(parameters)
      .filter(isNeeded)
      .map(([one]) => ` -p ${one}=…`)
      .join("")}`,
    "## Steps",
    steps.map(({ step }, index) => `${index + 1}. ${stepLine(step)}`).join("\n"),
    onFailure === "undo"
      ? "When a step fails, what was done is undone."
      : "When a step fails, the run stops, and what was done stays.",
    deadline && `It is stopped after ${deadline}.`,
    tests.length > 0 && "## What is tested",
    tests.length > 0 && tests.map((one) => `- ${inline(one.name)}`).join("\n"),
  ];
  return `${sections.filter((one) => typeof one === "string").join("\n\n")}\n`;
}

function deprecation({ since, use, reason }: { since: string; use?: string | undefined; reason?: string | undefined }) {
  const why = reason === undefined ? "" : ` ${inline(reason)}`;
  return `**Deprecated since ${inline(since)}.**${why}${use === undefined ? "" : ` Use \`${inline(use)}\` instead.`}`;
}

function isNeeded([, declaration]: [string, ParameterDeclaration]): boolean {
  return declaration.default === undefined && declaration.optional !== true;
}

function parameterTable(parameters: Readonly<Record<string, ParameterDeclaration>>): string {
  const entries = Object.entries(parameters);
  if (entries.length === 0) return "It takes none.";
  const rows = entries.map(([name, one]) => {
    const fallback = one.default === undefined ? (one.optional ? "optional" : "required") : code(one.default);
    return `| \`${name}\` | ${typeText(one)} | ${fallback} | ${inline(one.help ?? "")} |`;
  });
  return ["| Name | Type | Default | What it is |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

function typeText(declaration: TypeDeclaration): string {
  const {
    min,
    max,
    enum: choices,
    pattern,
  } = declaration as {
    min?: number;
    max?: number;
    enum?: readonly unknown[];
    pattern?: string;
  };
  if (choices !== undefined) return `one of ${choices.map(code).join(", ")}`;
  const inner = "items" in declaration ? ` of ${typeText(declaration.items)}` : "";
  const limits = [
    ...(min === undefined ? [] : [`from ${min}`]),
    ...(max === undefined ? [] : [`to ${max}`]),
    ...(pattern === undefined ? [] : [`matching ${code(pattern)}`]),
  ];
  return [`${declaration.type}${inner}`, ...limits].join(", ");
}

function stepLine(step: StepFile): string {
  const what =
    "tool" in step
      ? `\`${step.tool}\``
      : "run" in step
        ? `sub-run of \`${step.run}\``
        : "include" in step
          ? `the steps of \`${step.include}\``
          : `wait: ${Object.entries(step.wait)
              .map(([key, value]) => `${key} ${inline(String(value))}`)
              .join(", ")}`;
  const title = "title" in step && step.title !== undefined ? `${inline(step.title)}: ` : "";
  const notes = [
    ...(step.if === undefined ? [] : [`only if ${code(step.if)}`]),
    ...(step.when === undefined ? [] : [`when ${code(step.when)}`]),
    ...("each" in step && step.each !== undefined ? [`for each of ${code(step.each)}`] : []),
    ...((step.after ?? []).length === 0 ? [] : [`after ${(step.after ?? []).join(", ")}`]),
  ];
  return `**${step.id}** ${title}${what}${notes.length === 0 ? "" : ` (${notes.join("; ")})`}`;
}

function code(value: unknown): string {
  const text = (typeof value === "string" ? value : JSON.stringify(value)).replaceAll(/\s+/g, " ").trim();
  const fence = text.includes("`") ? "``" : "`";
  return `${fence}${text.replaceAll("|", "\\|")}${fence}`;
}

/** On one line, and nothing of it read as markup of a table or of HTML. */
function inline(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim().replaceAll("|", "\\|").replaceAll("<", "&lt;");
}
