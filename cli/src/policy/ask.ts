import { api, type AccessExplanation, type PolicyCaseResult, type RunExplanation } from "@gantry/sdk/api";
import { readYaml } from "@gantry/sdk/runbook-file";
import { findActor } from "../actor-reference.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import type { ExitName } from "../exit-codes.ts";
import { safeJson, safeLine, safeText } from "../render/safe-text.ts";
import { plural } from "../render/words.ts";
import { findRun } from "../run-reference.ts";
import { readPolicy } from "./lint.ts";

/** `gantry policy test` */
export async function testPolicies(context: Context, file: string, drafts: readonly string[]): Promise<ExitName> {
  const { value, problems } = readYaml(file, await readPolicy(context, file));
  const [problem] = problems;
  if (problem !== undefined) throw new UsageError(`${file}:${problem.line}:${problem.column}: ${problem.message}`);
  const texts = await Promise.all(drafts.map((draft) => readDraft(context, draft)));
  const body = api.policies.test.body?.safeParse({ ...(value as object), drafts: texts });
  if (body?.success !== true) {
    const [issue] = body?.error.issues ?? [];
    throw new UsageError(
      `${file}: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "no cases"}`,
      "gantry policy test --help",
    );
  }
  const { cases, failed } = await context.client().policies.test(body.data);
  if (context.json) context.terminal.json(cases);
  else
    cases.forEach((one, index) =>
      caseLines(one, body.data.cases[index]?.policies ?? []).forEach((line) => context.terminal.data(line)),
    );
  context.terminal.say(`${plural(cases.length, "case")}: ${cases.length - failed} passed, ${failed} failed.`);
  return failed > 0 ? "failed" : "ok";
}

async function readDraft(context: Context, draft: string): Promise<{ name: string; text: string }> {
  const at = draft.indexOf("=");
  if (at < 1) throw new UsageError("A draft is given as name=file.", "gantry policy test --help");
  return { name: draft.slice(0, at), text: await readPolicy(context, draft.slice(at + 1)) };
}

function caseLines(
  { name, passed, expected, result, policies, reasons }: PolicyCaseResult,
  wanted: readonly string[],
): string[] {
  if (passed) return [`ok      ${safeLine(name)}`];
  // Right, but not because of those that the case names.
  const others = wanted.filter((id) => !policies.includes(id));
  const by = expected === result && others.length > 0 ? ` by ${safeLine(others.join(", "))}` : "";
  const decided = policies.length === 0 ? "" : ` by ${safeLine(policies.join(", "))}`;
  return [
    `FAILED  ${safeLine(name)}: expected ${expected}${by}, got ${result}${decided}`,
    ...reasons.map((reason) => `        ${safeLine(reason)}`),
  ];
}

interface Asked {
  project?: string;
  environment?: string;
  actor: string | undefined;
}

/** `gantry policy explain`: of a run, or of an action. */
export async function explainPolicy(context: Context, what: string, { actor, ...place }: Asked): Promise<void> {
  const client = context.client();
  if (!what.includes(".")) {
    const found = await client.policies.explainRun(await findRun(client, what));
    if (context.json) return context.terminal.json(found);
    return runLines(found).forEach((line) => context.terminal.data(line));
  }
  const who = actor === undefined ? {} : { actor: await findActor(client, actor) };
  const found = await client.policies.explain({ action: what, ...place, ...who });
  if (context.json) return context.terminal.json(found);
  accessLines(found).forEach((line) => context.terminal.data(line));
}

function accessLines({ action, allowed, policies, reasons, facts }: AccessExplanation): string[] {
  return [
    `${allowed ? "allowed" : "denied"}  ${action} for ${safeLine(facts.actor)}`,
    ...reasons.map((reason) => `  ${safeLine(reason)}`),
    `  facts    ${safeLine(safeJson(facts))}`,
    ...policies.flatMap(policyLines),
  ];
}

function runLines({ decisions, ends, policies, now }: RunExplanation): string[] {
  const last = safeJson(decisions.at(-1)?.facts ?? null);
  return [
    ...decisions.flatMap((one) => [
      ...decisionLines(`${one.at}  ${one.about}`, one),
      `  facts    ${safeLine(safeJson(one.facts))}`,
    ]),
    // Asked about the very same facts, but of the environment as it is now.
    ...(now === null ? [] : decisionLines("now", now)),
    ...(now === null || safeJson(now.facts) === last ? [] : [`  facts    ${safeLine(safeJson(now.facts))}`]),
    ...ends.map(({ at, about, reason }) => `${at}  ${safeLine(about)}: ${safeLine(reason)}`),
    ...policies.flatMap(policyLines),
  ];
}

function decisionLines(
  what: string,
  { result, policies, reasons, approvals }: NonNullable<RunExplanation["now"]>,
): string[] {
  return [
    `${safeLine(what)}: ${result} by ${safeLine(policies.join(", "))}`,
    ...approvals.map(({ group, count }) => `  needs    ${count} of ${safeLine(group)}`),
    ...reasons.map((reason) => `  because  ${safeLine(reason)}`),
  ];
}

function policyLines({ id, text }: { id: string; text: string | null }): string[] {
  if (text === null) return [];
  return [
    "",
    `${safeLine(id)}:`,
    ...safeText(text)
      .split("\n")
      .map((line) => `  ${line}`),
  ];
}
