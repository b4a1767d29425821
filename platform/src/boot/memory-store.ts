import type { Pool } from "pg";
import type { AttemptRequest } from "../engine/index.ts";
import type { MemoryStore } from "../mind/index.ts";
import { isVouched, noteMemory, recallMemories, vouchedMemories, type MemoryRow } from "../store/agents/memories.ts";
import { inOrganization } from "../store/organization.ts";

/** More than a prompt has room for. */
const mostStated = 100;

/** What is noted of the place of an attempt. Agents note for the environment that they worked in. */
export function createMemory({
  engine,
  newId,
}: {
  engine: Pool;
  newId(): string;
}): (request: AttemptRequest, agent: string) => MemoryStore {
  return (request, agent) => {
    const { org, project, environment, runId, stepKey, requester } = request;
    const at = { org, project, environment };
    return {
      vouched: async () =>
        (await inOrganization(engine, org, (tx) => vouchedMemories(tx, at, mostStated))).map(toMemory),
      recall: async (words, limit) =>
        (await inOrganization(engine, org, (tx) => recallMemories(tx, at, { words, limit }))).map(toMemory),
      async remember({ kind, text, source, tainted }) {
        const by = { agent, run: runId, step: stepKey, source, tainted };
        await inOrganization(engine, org, (tx) =>
          noteMemory(tx, { ...at, id: newId(), kind, text, by, actor: requester }),
        );
      },
    };
  };
}

function toMemory(row: MemoryRow) {
  const { kind, text, agent, run } = row;
  return { kind, text, agent, run, vouched: isVouched(row) };
}
