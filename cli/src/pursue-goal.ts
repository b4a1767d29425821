import type { JsonObject } from "@gantry/sdk";
import type { CreateGoal, MissingPart, Understanding } from "@gantry/sdk/api";
import type { Context } from "./context.ts";
import { DeclinedError, GoalNotUnderstoodError, GoalUnclearError, UsageError } from "./errors.ts";
import { findRunbook } from "./find-runbook.ts";
import { readParameters } from "./parameters.ts";
import { ask } from "./prompt.ts";
import { renderUnderstanding } from "./render/goal.ts";
import { safeLine } from "./render/safe-text.ts";

export interface GoalOptions {
  explain?: boolean;
  yes?: boolean;
  runbook?: string;
  with?: "runbooks" | "model";
  parameter?: string[];
  detach?: boolean;
  waitFor: "approval" | "end";
  timeout?: number;
}

interface Read {
  wish: CreateGoal;
  understanding: Understanding;
}

/** What the server makes of the sentence and the flags; nothing runs. */
export async function understandGoal(context: Context, text: string, options: GoalOptions): Promise<Read> {
  const { environment, project } = context.config;
  const wish: CreateGoal = {
    text,
    project: project.value,
    ...(environment?.origin === "--environment" ? { environment: environment.value } : {}),
    ...(options.runbook === undefined ? {} : { runbook: options.runbook }),
  };
  const first = await explain(context, wish);
  const pairs = options.parameter ?? [];
  const filled = pairs.length === 0 ? first : await withPairs(context, first, pairs);
  return withDefault(context, filled);
}

async function explain(context: Context, wish: CreateGoal): Promise<Read> {
  const { understanding } = await context.client().goals.create({ ...wish, explain: true });
  return { wish, understanding };
}

async function withPairs(context: Context, { wish, understanding }: Read, pairs: readonly string[]): Promise<Read> {
  if (understanding.runbook === null) throw notUnderstood(understanding);
  const parameters = await typed(context, understanding.runbook, pairs);
  return explain(context, { ...wish, parameters: { ...wish.parameters, ...parameters } });
}

async function typed(context: Context, runbook: string, pairs: readonly string[]): Promise<JsonObject> {
  const view = await findRunbook(context.client(), runbook);
  return readParameters({ pairs, file: undefined, partial: true }, view, context.stdin);
}

/** The configured environment is a default: it does where the sentence leaves it open, and nothing is destroyed. */
async function withDefault(context: Context, read: Read): Promise<Read> {
  const { environment } = context.config;
  const { missing, effect } = read.understanding;
  const open = missing.some(({ name, reason }) => name === "environment" && reason === "not_said");
  if (environment === undefined || !open || effect === "destroys") return read;
  return explain(context, { ...read.wish, environment: environment.value });
}

/**
 * A wish of which nothing is missing: asks a person for what is, and whether it was understood rightly.
 *
 * @throws {GoalUnclearError} without a terminal @throws {GoalNotUnderstoodError} @throws {DeclinedError}
 */
export async function settleGoal(context: Context, given: Read & { sure: boolean }): Promise<CreateGoal> {
  const { terminal } = context;
  let read: Read = given;
  const questions = 20;
  for (let asked = 0; read.understanding.status !== "ready"; asked++) {
    const { understanding } = read;
    if (understanding.status === "refused") throw notUnderstood(understanding);
    const [missing] = understanding.missing;
    const hopeless = understanding.missing.some(({ reason }) => reason === "not_possible");
    if (missing === undefined || hopeless || !terminal.canAsk || asked === questions)
      throw new GoalUnclearError(understanding.missing.map(({ name, question }) => `${name}: ${question}`));
    read = await answer(context, read, missing);
  }
  if (!terminal.canAsk || given.sure) return read.wish;
  const { understanding } = read;
  const layout = { paint: terminal.paint, width: terminal.columns() };
  terminal.say(`${renderUnderstanding(understanding, layout).join("\n")}\n`);
  const said = await ask(context, "Is that what you want? [y/N]", "gantry goal … --yes");
  if (!/^y(es)?$/i.test(said)) throw new DeclinedError("The goal was not started.");
  const { runbook, environment, parameters } = understanding;
  // What was shown is what is started, whatever the server would read by now.
  return {
    ...read.wish,
    parameters,
    ...(runbook === null ? {} : { runbook }),
    ...(environment === null ? {} : { environment }),
  };
}

function notUnderstood({ notes, alternatives }: Understanding): GoalNotUnderstoodError {
  const possible = alternatives.map(({ runbook, title }) => `${title} (${runbook})`);
  return new GoalNotUnderstoodError(notes.join(" ") || "The goal wasn't understood.", possible);
}

async function answer(context: Context, { wish, understanding }: Read, missing: MissingPart): Promise<Read> {
  const { name, question, options } = missing;
  const choice = options.length === 0 ? "" : ` (${options.join(", ")})`;
  const said = await ask(context, safeLine(`${name}: ${question}${choice}`), "gantry goal … -p <parameter>=<value>");
  if (said === "") throw new DeclinedError(`${name} was left open, so the goal was not started.`);
  if (name === "environment") return explain(context, { ...wish, environment: said });
  if (name === "runbook") return explain(context, { ...wish, runbook: chosen(said, options) });
  const parameters = await typed(context, understanding.runbook ?? "", [`${name}=${said}`]);
  return explain(context, { ...wish, parameters: { ...wish.parameters, ...parameters } });
}

/** `yes` where there is one. */
function chosen(said: string, options: readonly string[]): string {
  const [only, ...others] = options;
  if (options.includes(said)) return said;
  if (only !== undefined && others.length === 0 && /^y(es)?$/i.test(said)) return only;
  throw new UsageError(`${JSON.stringify(said)} is none of ${options.join(", ")}.`, "gantry runbooks list");
}
