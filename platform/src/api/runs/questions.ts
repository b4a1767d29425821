import { answeredSignal, type Json } from "@gantry/sdk";
import { api, type QuestionView } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { readRights } from "../../store/runs/approvers.ts";
import { sendMessage } from "../../store/journal/inbox.ts";
import type { Queryable } from "../../store/organization.ts";
import { answerQuestion, findQuestion, openQuestions, type QuestionRow } from "../../store/runs/questions.ts";
import type { Caller } from "../access/caller.ts";
import type { ApiDeps } from "../deps.ts";
import { NotFoundError } from "../errors.ts";
import { AnswerInvalidError, QuestionClosedError, QuestionNotYoursError } from "./question-errors.ts";
import { route } from "../http/route.ts";

/** What runs ask people. The answer goes to the very call that asked. */
export function questionRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.questions.list, ({ query, caller, tx }) =>
    tx(async (db) => {
      const rows = await openQuestions(db, caller.org, query.run ?? null);
      const groups = await groupsOf(db, caller);
      return { items: rows.map((row) => view(row, caller, groups)), next: null };
    }),
  );

  route(app, deps, api.questions.get, ({ params, caller, tx }) =>
    tx(async (db) =>
      view(found(await findQuestion(db, caller.org, params.question)), caller, await groupsOf(db, caller)),
    ),
  );

  route(app, deps, api.questions.answer, async ({ params, body, caller, tx, id }) => {
    const answered = await tx(async (db) => {
      const { org, actor } = caller;
      const { kind, id: who, name } = actor;
      const row = found(await findQuestion(db, org, params.question));
      const groups = await groupsOf(db, caller);
      const why = whyNotTheirs(row, caller, groups);
      if (why !== null) throw new QuestionNotYoursError(why);
      if (row.over) throw new QuestionClosedError(row.id);
      const answer = fitting(row, body.answer);
      if (!(await answerQuestion(db, { org, id: row.id, answer, actor: { kind, id: who, name } })))
        throw new QuestionClosedError(row.id);
      const payload = { question: row.id, step: row.step };
      await sendMessage(db, { id, run: row.run, message: { kind: "signal", name: answeredSignal, payload }, actor });
      return view(found(await findQuestion(db, org, row.id)), caller, groups);
    });
    deps.wakeWorkers();
    return answered;
  });
}

/** Null: they may. What was asked of a person isn't for a program to say. */
function whyNotTheirs(
  { group }: Pick<QuestionRow, "group">,
  { actor }: Caller,
  groups: readonly string[],
): string | null {
  if (actor.kind !== "user") return "a person must, signed in or with a key of theirs.";
  if (group !== null && !groups.includes(group)) return `it is for the group ${group}.`;
  return null;
}

/** @throws AnswerInvalidError */
function fitting({ schema }: QuestionRow, answer: Json): Json {
  const parsed = z.fromJSONSchema(schema).safeParse(answer);
  if (parsed.success) return parsed.data as Json;
  throw new AnswerInvalidError(
    parsed.error.issues.slice(0, 20).map(({ path, message }) => `${path.join(".") || "answer"}: ${message}`),
  );
}

/** @throws NotFoundError */
function found(row: QuestionRow | null): QuestionRow {
  if (row === null) throw new NotFoundError();
  return row;
}

const groupsOf = async (db: Queryable, { actor }: Caller): Promise<readonly string[]> =>
  (await readRights(db, actor.id)).groups;

function view(
  { expired, over, askedAt, expiresAt, answeredAt, ...row }: QuestionRow,
  caller: Caller,
  groups: readonly string[],
): QuestionView {
  return {
    ...row,
    state: answeredAt !== null ? "answered" : expired || over ? "expired" : "open",
    mine: whyNotTheirs(row, caller, groups) === null,
    askedAt: askedAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    answeredAt: answeredAt?.toISOString() ?? null,
  };
}
