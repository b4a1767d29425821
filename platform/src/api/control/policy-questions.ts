import type { Decision, JsonObject } from "@gantry/sdk";
import { api } from "@gantry/sdk/api";
import type { PolicyFacts } from "@gantry/sdk/core";
import type { FastifyInstance } from "fastify";
import {
  apiActions,
  createAuthorize,
  createRules,
  factsOfPlace,
  heldAt,
  requirePolicy,
  rolePolicies,
  tryCases,
} from "../../policy/index.ts";
import { locate } from "../../store/organization/located.ts";
import { readRules } from "../../store/control/rules.ts";
import { findSubject, policyEvents, type PolicyEvent } from "../../store/access/subjects.ts";
import type { ApiDeps } from "../deps.ts";
import { InvalidRequestError, NotFoundError } from "../errors.ts";
import { placeOf } from "../http/place.ts";
import { assertRun } from "../runs/run-access.ts";
import { route } from "../http/route.ts";

/** Policies tried out and explained. Nothing is changed. */
export function policyQuestionRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.policies.test, async ({ body, caller, tx }) => {
    for (const { text } of body.drafts) requirePolicy(text);
    const { at, stored } = await tx(async (db) => ({
      at: await placeOf(db, caller.org, body, "body"),
      stored: await readRules(db, caller.org),
    }));
    const isDraft = (one: { name: string; project: string | null; environment: string | null }) =>
      one.project === at.project &&
      one.environment === at.environment &&
      body.drafts.some(({ name }) => name === one.name);
    const policies = [
      ...stored.policies.filter((one) => !isDraft(one)),
      ...body.drafts.map((one) => ({ ...at, ...one })),
    ];
    const rules = createRules(0n, policies, stored);
    const place = factsOfPlace(caller.org, rules, body);
    const cases = tryCases(body.cases, { org: caller.org, place, rules, assess: deps.assess });
    return { cases, failed: cases.filter(({ passed }) => !passed).length };
  });

  route(app, deps, api.policies.explain, async ({ body, caller, tx }) => {
    const action = apiActions().get(body.action);
    if (action === undefined)
      throw new InvalidRequestError([{ path: "action", message: `there is no action ${body.action}` }]);
    const who = await tx((db) => findSubject(db, body.actor ?? caller.actor.id));
    if (who === null) throw new NotFoundError();
    const rules = await app.access.rules(caller);
    const place = factsOfPlace(caller.org, rules, body);
    const subject = {
      org: caller.org,
      actor: { kind: who.kind, id: who.id, name: who.name },
      groups: who.groups,
      roles: body.actor === undefined ? caller.roles : who.roles,
      credential: { kind: "key", mfaAt: body.mfa ? 0 : null },
      accessVersion: caller.accessVersion,
    };
    const anywhere = action.resource.kind === "anywhere";
    const { allowed, policies, reasons } = createAuthorize()(subject, action, place, rules, { anywhere });
    const { project, environment, protection } = place;
    const set = rules.at({ project: project?.id ?? null, environment });
    const textOf = (id: string) => set?.get(id)?.text ?? rolePolicies().set.get(id)?.text ?? null;
    const roles = heldAt(subject, { project, environment });
    return {
      action: action.id,
      allowed,
      policies: policies.map((id) => ({ id, text: textOf(id) })),
      reasons: [...reasons],
      facts: { actor: who.name, groups: who.groups, roles, project: project?.name ?? null, environment, protection },
    };
  });

  route(app, deps, api.policies.explainRun, async ({ params, caller, tx }) => {
    const { events, at, who } = await tx(async (db) => {
      await assertRun(db, params.run);
      const found = await locate(db, "run", params.run);
      const requester = await findSubject(db, found?.requester ?? "");
      return { events: await policyEvents(db, params.run), at: found, who: requester };
    });
    const decisions = events.flatMap(decisionOf);
    const last = decisions.at(-1);
    const rules = await app.access.rules(caller);
    const place = factsOfPlace(caller.org, rules, at ?? {});
    const { project, environment } = place;
    const set = rules.at({ project: project?.id ?? null, environment });
    const facts = last?.facts as (PolicyFacts & JsonObject) | undefined;
    const own = {
      org: caller.org,
      project: project ?? { id: "", name: "" },
      policies: set,
      requester: { groups: who?.groups ?? [], roles: heldAt({ roles: who?.roles ?? [] }, { project, environment }) },
    };
    const now = facts?.scope === undefined ? null : askAgain(deps, facts, place.protection ?? "strict", own);
    const named = new Set([...decisions, ...(now === null ? [] : [now])].flatMap(({ policies }) => policies));
    return {
      decisions,
      ends: events.flatMap(endOf),
      policies: [...named].map((id) => ({ id, text: set?.get(id)?.text ?? null })),
      now,
    };
  });
}

/** About the very facts that were decided on; of the environment as it is now. */
function askAgain(
  { assess }: Pick<ApiDeps, "assess">,
  { protection: _, ...facts }: PolicyFacts & JsonObject,
  protection: "open" | "guarded" | "strict",
  own: Parameters<ApiDeps["assess"]>[2],
): Decision {
  return assess(facts, { protection }, own).decision;
}

function decisionOf({ type, at, data }: PolicyEvent) {
  if (type !== "run.started" && type !== "change_set.created") return [];
  const about = type === "run.started" ? "start" : String((data["changeSet"] as { gate: string }).gate);
  const hash = type === "run.started" ? null : String(data["hash"]);
  return [{ ...(data["decision"] as Decision), at: new Date(at).toISOString(), about, hash }];
}

function endOf({ type, at, data }: PolicyEvent) {
  const when = new Date(at).toISOString();
  if (type === "change_set.voided") return [{ at: when, about: String(data["hash"]), reason: String(data["reason"]) }];
  const error = data["error"] as { code?: string; message?: string } | null | undefined;
  return error?.code === "policy_denied" ? [{ at: when, about: "run", reason: error.message ?? "" }] : [];
}
