import { api, type ApprovalSettings, type OpenApproval } from "@gantry/sdk/api";
import type { FastifyInstance } from "fastify";
import {
  readApprovalDefaults,
  readApprovalSettings,
  writeApprovalDefaults,
  writeApprovalSettings,
  type ApprovalDefaultsRow,
  type OwnApprovalSettings,
} from "../../store/runs/approval-settings.ts";
import { countGroup, readRights } from "../../store/runs/approvers.ts";
import { listOpenApprovals, type OpenApprovalRow } from "../../store/runs/open-approvals.ts";
import type { Queryable } from "../../store/organization.ts";
import type { Caller } from "../access/caller.ts";
import { readCursor, signCursor } from "../http/cursor.ts";
import type { ApiDeps } from "../deps.ts";
import { NotFoundError } from "../errors.ts";
import { route } from "../http/route.ts";
import { requireTarget } from "../http/target.ts";

export function approvalRoutes(app: FastifyInstance, deps: ApiDeps): void {
  route(app, deps, api.approvals.list, async ({ query, caller, tx }) => {
    const belongsTo = ["approvals", caller.org];
    const after = query.cursor === undefined ? null : (readCursor(deps.keyring, belongsTo, query.cursor) as never);
    const { found, rights } = await tx(async (db) => ({
      found: await listOpenApprovals(db, caller.org, after, query.limit + 1),
      rights: await readRights(db, caller.actor.id),
    }));
    const page = found.slice(0, query.limit);
    const last = found.length > query.limit ? page.at(-1) : undefined;
    return {
      items: page.map((row) => view(row, caller, rights)),
      next: last === undefined ? null : signCursor(deps.keyring, belongsTo, { at: last.at, run: last.run }),
    };
  });

  route(app, deps, api.approvals.settings, ({ query, caller, tx }) =>
    tx(async (db) => {
      const { own } = await settingsAt(db, caller.org, query);
      return effective(db, caller.org, query, own);
    }),
  );

  route(app, deps, api.approvals.configure, ({ body, caller, tx }) =>
    tx(async (db) => {
      const { at, own } = await settingsAt(db, caller.org, body);
      const { mfa = own.mfa, escalation = own.escalation, approvers = own.approvers } = body;
      const now = { mfa, escalation, approvers };
      await writeApprovalSettings(db, at, now);
      return effective(db, caller.org, body, now);
    }),
  );

  route(app, deps, api.approvals.defaults, ({ caller, tx }) =>
    tx(async (db) => warned(db, caller.org, await readApprovalDefaults(db, caller.org))),
  );

  route(app, deps, api.approvals.setDefaults, ({ body, caller, tx }) =>
    tx(async (db) => {
      const before = await readApprovalDefaults(db, caller.org);
      const { mfa = before.mfa, escalation = before.escalation, approvers = before.approvers } = body;
      const now = { mfa, escalation, approvers };
      await writeApprovalDefaults(db, caller.org, now);
      return warned(db, caller.org, now);
    }),
  );
}

async function settingsAt(db: Queryable, org: string, { project, environment }: Place) {
  const target = await requireTarget(db, org, { project, environment });
  const at = { org, project: target.project, environment };
  const own = await readApprovalSettings(db, at);
  if (own === null) throw new NotFoundError();
  return { at, own };
}

/** What holds there: the nearest. */
async function effective(
  db: Queryable,
  org: string,
  { project, environment }: Place,
  own: OwnApprovalSettings,
): Promise<ApprovalSettings> {
  const defaults = await readApprovalDefaults(db, org);
  const { mfa, escalation, approvers } = own;
  const inherits = (["mfa", "escalation", "approvers"] as const).filter((name) => own[name] === "default");
  const holds = {
    mfa: mfa === "default" ? defaults.mfa : mfa,
    escalation: escalation === "default" ? defaults.escalation : escalation,
    approvers: approvers === "default" ? defaults.approvers : approvers,
  };
  return { project, environment, ...(await warned(db, org, holds)), inherits };
}

/** Whoever is wanted may join later, by signing in with an identity provider too: a warning, no refusal. */
async function warned(db: Queryable, org: string, settings: ApprovalDefaultsRow) {
  const { approvers, escalation } = settings;
  const warnings: string[] = [];
  if (approvers !== null) {
    const people = await countGroup(db, org, approvers.group);
    if (people < approvers.count)
      warnings.push(
        `${people === 0 ? "Nobody is" : `Only ${people} ${people === 1 ? "person is" : "people are"}`} in the group ${approvers.group}, of which ${approvers.count} must approve: no change can be approved.`,
      );
  }
  if (escalation !== null && (await countGroup(db, org, escalation.group)) === 0)
    warnings.push(`Nobody is in the group ${escalation.group}: nobody is told when nobody decides.`);
  return { ...settings, warnings };
}

interface Place {
  project: string;
  environment: string;
}

type Rights = Awaited<ReturnType<typeof readRights>>;

function view(row: OpenApprovalRow, caller: Caller, rights: Rights): OpenApproval {
  const { createdAt, expiresAt, at: _at, parties, shared: _shared, given, changeSet, ...rest } = row;
  const { gate, effect, counts, risk, blastRadius } = changeSet;
  return {
    ...rest,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
    given: given.map(({ group, actor, onBehalfOf }) => ({ group, actor, onBehalfOf })),
    mine: caller.scopes.includes("approve") && isMine(row, caller, rights, parties),
    changeSet: { gate, effect, counts, risk, blastRadius },
  };
}

/** As the run's owner will see it: neither a party nor counted already, with a right of their own or one that was lent. */
function isMine({ requester, needed, given }: OpenApprovalRow, { actor }: Caller, rights: Rights, parties: string[]) {
  const used = new Set(given.flatMap(({ people }) => people));
  const me = rights.person;
  if (requester.id === actor.id || parties.includes(me) || used.has(me)) return false;
  const left = needed.filter(({ group, count }) => given.filter((one) => one.group === group).length < count);
  const lent = rights.delegations.filter(({ person }) => !parties.includes(person) && !used.has(person));
  return left.some(({ group }) => rights.groups.includes(group) || lent.some((one) => one.group === group));
}
