import type { AttemptRequest } from "../engine/ports.ts";

/** What a command is told of in whose name it runs. Names are people's choice: without what could end a line, and not long. */
export function identityOf({
  org,
  project,
  environment,
  runId,
  stepKey,
  caller,
}: Pick<AttemptRequest, "org" | "project" | "environment" | "runId" | "stepKey" | "caller">): Record<string, string> {
  const { actor, through, approvers } = caller;
  return {
    GANTRY_RUN_ID: runId,
    GANTRY_RUN_STEP: stepKey,
    GANTRY_RUN_ORGANIZATION: org,
    GANTRY_RUN_PROJECT: project,
    GANTRY_RUN_ENVIRONMENT: environment,
    GANTRY_RUN_ACTOR: plain(actor.name),
    GANTRY_RUN_ACTOR_ID: actor.id,
    GANTRY_RUN_ACTOR_KIND: actor.kind,
    ...(through === null ? {} : { GANTRY_RUN_THROUGH: `${through.kind} ${plain(through.name ?? through.id)}` }),
    ...(approvers.length === 0 ? {} : { GANTRY_RUN_APPROVERS: approvers.map(({ name }) => plain(name)).join(", ") }),
  };
}

function plain(name: string): string {
  return name.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, " ").slice(0, 200);
}
