import { createHash } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { AnswerAwaitedError, QuestionExpiredError, type Json } from "@gantry/sdk";
import { safeText } from "@gantry/sdk/safe-text";
import type { Pool } from "pg";
import type { AttemptRequest } from "../engine/index.ts";
import type { Question } from "../runner/index.ts";
import { inOrganization } from "../store/organization.ts";
import { dropQuestion, openQuestion } from "../store/runs/questions.ts";

const dayMs = 86_400_000;
const lookEveryMs = 1_000;

/**
 * Asks people, and gives back what they answered. While nobody has, it throws what ends the attempt: no worker is held meanwhile, and
 * the same call asks the same question again once there is an answer, or its time is over. With `hold` it waits for that here.
 */
export function createAsk(engine: Pool) {
  return async (request: AttemptRequest, { call, agent, hold, opened, ...asked }: Question): Promise<Json> => {
    const { org, project, environment, runId, stepKey, operation } = request;
    const id = uuidOf(`${runId} ${stepKey} ${operation} ${call}`);
    const text = safeText(asked.question).slice(0, 2_000);
    const { schema, group = null } = asked;
    const timeoutMs = Math.min(Math.max(asked.timeoutMs ?? dayMs, 1_000), 30 * dayMs);
    const question = {
      id,
      org,
      project,
      environment,
      run: runId,
      step: stepKey,
      agent,
      text,
      schema,
      group,
      timeoutMs,
    };
    const look = () => inOrganization(engine, org, (tx) => openQuestion(tx, question));
    let row = await look();
    if (hold !== undefined && row.answeredAt === null && !row.expired) await opened?.();
    while (hold !== undefined && row.answeredAt === null && !row.expired) {
      await setTimeout(lookEveryMs, undefined, { signal: hold }).catch(async () => {
        await inOrganization(engine, org, (tx) => dropQuestion(tx, org, id));
        throw hold.reason;
      });
      row = await look();
    }
    if (row.answeredAt !== null) return row.answer;
    if (!row.expired) throw new AnswerAwaitedError({ id, text, group, until: row.expiresAt.getTime() });
    await inOrganization(engine, org, (tx) => dropQuestion(tx, org, id));
    throw new QuestionExpiredError(text);
  };
}

/** The same for the same text, in the form of a UUID (version 8, RFC 9562). */
function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
