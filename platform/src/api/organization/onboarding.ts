import { api } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import { onboardingSteps } from "../../domain/onboarding.ts";
import { readOnboarding } from "../../store/organization/onboarding.ts";
import type { ApiDeps } from "../deps.ts";
import { refusalOf } from "../http/refusal-of.ts";
import { route } from "../http/route.ts";

export function onboardingRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.onboarding.get, async (call) => {
    const { caller, tx } = call;
    const facts = await tx((db) => readOnboarding(db, { org: caller.org, actor: caller.actor.id }));
    const { target, invitation, run } = facts;
    const found = target?.reached === true ? await deps.findExample() : null;
    const example = found && target && { ...found, project: target.project, environment: target.environment };
    const told = invitation !== null && (await refusalOf(call, api.invitations.list)) === null;
    return {
      steps: onboardingSteps(facts),
      example,
      run: run && {
        id: run.id,
        runbook: run.runbook,
        environment: run.environment,
        status: run.status,
        mine: run.mine,
      },
      invitation: told ? { ...invitation, expiresAt: invitation.expiresAt.toISOString() } : null,
    };
  });
}
